"""Let Tab complete verbs, options, sweeps and studies in your shell.

Usage: knobwise completion SHELL

    eval "$(knobwise completion bash)"

Prints a script for bash, zsh or fish. To have it in every shell, put that line into ~/.bashrc; for zsh, with zsh in
place of bash, into ~/.zshrc; for fish, `knobwise completion fish | source` into ~/.config/fish/config.fish.
"""

import sys

from knobwise.experiments.text import nearest
from knobwise.sweeps.engine.cli.parser import Given
from knobwise.sweeps.engine.errors import BadInput

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


def main(given: Given) -> int:
    """Print the script of the shell that is named."""
    name = given["SHELL"]
    if name not in SCRIPTS:
        raise BadInput(f"SHELL must be one of {', '.join(SCRIPTS)}, got {name!r}{nearest(name, SCRIPTS)}")
    sys.stdout.write(SCRIPTS[name])
    return 0
