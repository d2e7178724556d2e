"""Let Tab complete verbs, options, sweeps and studies in your shell.

    eval "$(knobwise completion bash)"

Prints what bash, zsh or fish must be told. For good, put that line into ~/.bashrc; for zsh the same with zsh into
~/.zshrc; for fish `knobwise completion fish | source` into ~/.config/fish/config.fish.
"""

import sys

from knobwise.sweeps import commands
from knobwise.sweeps.engine.cli import arguments, completion
from knobwise.sweeps.engine.errors import BadInput, nearest

_BASH = """_knobwise() {
    local IFS=$'\\n'
    COMPREPLY=($("${COMP_WORDS[0]/#\\~/$HOME}" completion --words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
    if [[ $COMP_WORDBREAKS == *=* && ${COMP_WORDS[COMP_CWORD]} != --* ]]; then
        COMPREPLY=("${COMPREPLY[@]#--*=}")  # bash takes what is behind the = for a word of its own
    fi
}
complete -o default -o bashdefault -F _knobwise knobwise
"""
_ZSH = """(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
_knobwise() {
    local -a found
    found=("${(@f)$("${(Q)words[1]/#\\~/$HOME}" completion --words "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "${found[1]}" ]]; then compadd -- "${found[@]}"; else _files; fi
}
compdef _knobwise knobwise
"""
_FISH = """function __knobwise_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    set -l program $typed[1]
    set -e typed[1]
    set -l found ($program completion --words $typed "$current" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete -c knobwise -f -a '(__knobwise_complete)'
"""
SCRIPTS = {"bash": _BASH, "fish": _FISH, "zsh": _ZSH}


def main(argv: list[str]) -> int:
    """Print the script of a shell; behind `--words`, what the last of the words can become (the scripts ask so)."""
    if argv[:1] == ["--words"]:
        sys.stdout.writelines(f"{each}\n" for each in completion.candidates(argv[1:], commands.names()))
        return 0
    if "-h" in argv or "--help" in argv:
        sys.stdout.write((__doc__ or "").strip() + "\n")
        return 0
    [shell] = arguments.read(argv, alone=("SHELL",), options={}).alone
    if shell not in SCRIPTS:
        raise BadInput(f"SHELL must be one of {', '.join(SCRIPTS)}, got {shell!r}{nearest(shell, SCRIPTS)}")
    sys.stdout.write(SCRIPTS[shell])
    return 0
