#compdef nnrun
# Tab completion of nnrun for zsh.
#
# In this shell:    eval "$(nnrun completion zsh)"
# In every shell:   echo 'eval "$(nnrun completion zsh)"' >> ~/.zshrc

_nnrun() {
    local -a answer ended open shown_ended shown_open
    local line text shown
    integer width=0
    # (Q) takes quotes away and expands nothing.
    answer=("${(@f)$(command nnrun completion --answer zsh -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null </dev/null)}")
    for line in "${(@)answer[2,-1]}"; do
        text=${line%%$'\t'*}
        ((${#text} > width)) && width=${#text}
    done
    for line in "${(@)answer[2,-1]}"; do
        text=${line%%$'\t'*}
        shown="${(r:width:)text}  ${line#*$'\t'}"
        shown=${shown[1,COLUMNS-2]}
        # Behind these the word goes on: no blank.
        if [[ $text == *[=./,] ]]; then
            open+=("$text") shown_open+=("$shown")
        else
            ended+=("$text") shown_ended+=("$shown")
        fi
    done
    ((${#ended})) && compadd -V nnrun-words -l -d shown_ended -a ended
    ((${#open})) && compadd -V nnrun-keys -l -d shown_open -S '' -a open
    # The path begins behind what stands after the tab: --csv=data/...
    text=${answer[1]#*$'\t'}
    [[ -n $text ]] && compset -P "${(b)text}"
    case ${answer[1]%%$'\t'*} in
    files) _files ;;
    directories) _files -/ ;;
    esac
}

if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
    _nnrun "$@"
else
    (($+functions[compdef])) || { autoload -Uz compinit && compinit }
    compdef _nnrun nnrun
fi
