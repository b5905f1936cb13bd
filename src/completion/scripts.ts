// SPDX-License-Identifier: MIT OR Apache-2.0

/** Shells that there is a script for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * Completes `cargo green`, where it takes the place of Cargo's own completion and passes everything else on to it,
 * and `cargo-green`. Cargo's may come later: bash-completion loads it when it is first asked.
 */
const BASH = `# cargo green: completion for bash. Put into ~/.bashrc, after bash-completion:
#   source <(cargo green completion bash)
_cargo_green_words() {
  local IFS=$'\\n'
  COMPREPLY=($(cargo-green __complete "$@" 2>/dev/null | cut -f1))
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
}

_cargo_green_direct() {
  if [[ $COMP_CWORD -gt 0 ]]; then _cargo_green_words "\${COMP_WORDS[@]:1:COMP_CWORD}"; fi
}

_cargo_green_others() {
  if [[ -z \${_cargo_green_next-} ]]; then
    complete -r cargo 2>/dev/null
    if declare -F _comp_load >/dev/null; then
      _comp_load cargo >/dev/null 2>&1
    elif declare -F _completion_loader >/dev/null; then
      _completion_loader cargo >/dev/null 2>&1
    fi
    _cargo_green_find
    complete -o default -o bashdefault -F _cargo_green_cargo cargo
  fi
  if [[ -n \${_cargo_green_next-} ]]; then "$_cargo_green_next" "$@"; fi
}

_cargo_green_find() {
  local spec
  spec=$(complete -p cargo 2>/dev/null) || return 0
  if [[ $spec =~ -F\\ ([^\\ ]+) && \${BASH_REMATCH[1]} != _cargo_green_cargo && \${BASH_REMATCH[1]} != _minimal ]]; then
    _cargo_green_next=\${BASH_REMATCH[1]}
  fi
}

_cargo_green_cargo() {
  local at=1
  if [[ \${COMP_WORDS[1]-} == +* ]]; then at=2; fi
  if [[ \${COMP_WORDS[at]-} == green && $COMP_CWORD -gt $at ]]; then
    _cargo_green_words "\${COMP_WORDS[@]:at+1:COMP_CWORD-at}"
    if [[ \${#COMPREPLY[@]} -gt 0 ]]; then return; fi
    # Cargo's own command: as if \`green\` were not there.
    COMP_WORDS=("\${COMP_WORDS[@]:0:at}" "\${COMP_WORDS[@]:at+1}")
    COMP_CWORD=$((COMP_CWORD - 1))
    COMP_LINE="\${COMP_WORDS[*]}"
    COMP_POINT=\${#COMP_LINE}
    _cargo_green_others cargo "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
  else
    _cargo_green_others "$@"
    if [[ $COMP_CWORD -eq $at && green == "\${COMP_WORDS[at]-}"* ]]; then COMPREPLY+=(green); fi
  fi
}

_cargo_green_next=
_cargo_green_find
complete -o default -o bashdefault -F _cargo_green_cargo cargo
complete -F _cargo_green_direct cargo-green
`;

const ZSH = `#compdef cargo-green
# cargo green: completion for zsh. Put into ~/.zshrc, after compinit:
#   source <(cargo green completion zsh)
_cargo_green_words() {
  local line value
  local -a found
  for line in "\${(@f)$(cargo-green __complete "$@" 2>/dev/null)}"; do
    [[ -n $line ]] || continue
    value=\${line%%$'\\t'*}
    line=\${line#*$'\\t'}
    # Without a description there must be no colon: zsh would show an empty one beside each.
    found+=("\${value//:/\\\\:}\${line:+:$line}")
  done
  (( $#found )) && _describe -t values 'cargo green' found
}

_cargo_green_direct() {
  _cargo_green_words "\${(@)words[2,CURRENT]}"
}

_cargo_green_cargo() {
  local at=2
  [[ \${words[2]-} == +* ]] && at=3
  if [[ \${words[at]-} == green ]] && (( CURRENT > at )); then
    _cargo_green_words "\${(@)words[at+1,CURRENT]}" && return
    words[at]=()
    (( CURRENT-- ))
  elif (( CURRENT == at )); then
    compadd -- green
  fi
  [[ -n $_cargo_green_next ]] && "$_cargo_green_next" "$@"
}

typeset -g _cargo_green_next=\${_comps[cargo]-}
[[ $_cargo_green_next == _cargo_green_cargo ]] && _cargo_green_next=
compdef _cargo_green_cargo cargo
compdef _cargo_green_direct cargo-green
`;

const FISH = `# cargo green: completion for fish. Put into ~/.config/fish/completions/cargo-green.fish and into config.fish:
#   cargo green completion fish | source
function __cargo_green_words
    set -l tokens (commandline -opc)
    set -e tokens[1]
    if test "$argv[1]" = cargo
        if string match -q -- '+*' $tokens[1]
            set -e tokens[1]
        end
        set -e tokens[1]
    end
    cargo-green __complete $tokens (commandline -ct) 2>/dev/null
end

function __cargo_green_active
    set -l tokens (commandline -opc)
    test "$tokens[2]" = green; or begin
        string match -q -- '+*' $tokens[2]; and test "$tokens[3]" = green
    end
end

complete -c cargo -n __fish_use_subcommand -f -a green -d 'Cargo, with a cache'
complete -c cargo -n __cargo_green_active -f -a '(__cargo_green_words cargo)'
complete -c cargo-green -f -a '(__cargo_green_words)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/** The script that makes a shell complete our commands. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}
