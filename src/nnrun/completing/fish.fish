# Tab completion of nnrun for fish.
#
# In this shell:    nnrun completion fish | source
# In every shell:   nnrun completion fish > ~/.config/fish/completions/nnrun.fish

function __nnrun_answer
    set -l typed (commandline -ct)
    # Fails for a quote that is still open.
    set -l word (string unescape -- "$typed" 2>/dev/null)
    or set word (string trim --left --chars="\"'" -- "$typed")
    set -l before (commandline -opc)
    set -e before[1]
    set -l answer (command nnrun completion --answer fish -- $before "$word" 2>/dev/null </dev/null)
    if set -q answer[2]
        printf '%s\n' $answer[2..-1]
    end
    # The path begins behind what stands after the tab: --csv=data/...
    set -l paths (string split -m 1 \t -- "$answer[1]")
    set -l path (string sub -s (math (string length -- "$paths[2]") + 1) -- "$word")
    set -l found
    switch "$paths[1]"
        case files
            set found (__fish_complete_path "$path")
        case directories
            set found (__fish_complete_directories "$path")
    end
    for each in $found
        printf '%s%s\n' "$paths[2]" $each
    end
end

complete -c nnrun -e
complete -c nnrun -f -k -a '(__nnrun_answer)'
