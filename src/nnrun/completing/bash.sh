# Tab completion of nnrun for bash.
#
# In this shell:    eval "$(nnrun completion bash)"
# In every shell:   echo 'eval "$(nnrun completion bash)"' >> ~/.bashrc

_nnrun() {
    local line
    local -a answer
    COMPREPLY=()
    # nnrun sees the line as text and the word that readline replaces: `=` and `:` break words in bash.
    while IFS= read -r line; do
        answer+=("$line")
    done <<<"$(command nnrun completion --answer bash -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null </dev/null)"
    if ((${#answer[@]} > 1)); then
        COMPREPLY=("${answer[@]:1}")
    fi
    # Bash 3, which macOS has, cannot change its mind for one word.
    type compopt &>/dev/null || return 0
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=./,] ]]; then
        compopt -o nospace
    else
        compopt +o nospace
    fi
    case ${answer[0]} in
    files) compopt -o filenames -o default ;;
    directories) compopt -o filenames -o plusdirs ;;
    esac
}

complete -o nosort -F _nnrun nnrun 2>/dev/null || complete -o nospace -F _nnrun nnrun
