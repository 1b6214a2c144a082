/** A shell that can be completed in. */
export type Shell = 'bash' | 'zsh' | 'fish' | 'powershell';

/**
 * What each shell reads. They ask `dray __complete -- WORD...` for what the last word may become, so that they never grow old; nothing of the answer is
 * run or expanded.
 */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# bash completion for dray
__dray_complete() {
  # Words as they are typed: readline would split them at : and = too.
  local line="\${COMP_LINE:0:COMP_POINT}" rest part i
  local -a words=()
  rest="$line"
  for ((i = 0; i <= COMP_CWORD; i++)); do
    part="\${COMP_WORDS[i]}"
    if [[ $i -eq $COMP_CWORD && -n $part ]]; then
      # Only what stands before the cursor.
      local lead="\${rest%%[![:space:]]*}"
      part="\${rest#"$lead"}"
    fi
    if [[ $i -gt 0 && $rest != [[:space:]]* && -n $rest ]]; then
      words[\${#words[@]}-1]+="$part"
    else
      words+=("$part")
    fi
    rest="\${rest#"\${rest%%[![:space:]]*}"}"
    rest="\${rest#"$part"}"
  done
  local cur="\${words[\${#words[@]}-1]}" ends="" value
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :*) ends="$line" ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <("\${words[0]}" __complete -- "\${words[@]:1}" 2>/dev/null)
  case "$ends" in
    *files*) compopt -o default -o filenames 2>/dev/null
      while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$cur") ;;
  esac
  case "$ends" in *open*) compopt -o nospace 2>/dev/null ;; esac
  # What is before the last : or = stays where it is.
  local lead
  for part in : =; do
    if [[ $COMP_WORDBREAKS == *"$part"* && $cur == *"$part"* ]]; then
      lead="\${cur%"$part"*}$part"
      for i in "\${!COMPREPLY[@]}"; do COMPREPLY[i]="\${COMPREPLY[i]#"$lead"}"; done
      cur="\${cur##*"$part"}"
    fi
  done
}
complete -F __dray_complete dray
`,
  zsh: `#compdef dray
# zsh completion for dray
_dray() {
  local line ends value
  local -a values shown
  while IFS= read -r line; do
    case "$line" in
      :*) ends="$line" ;;
      *)
        value="\${line%%$'\\t'*}"
        values+=("$value")
        if [[ "$line" == *$'\\t'* ]]; then shown+=("$value  -- \${line#*$'\\t'}"); else shown+=("$value"); fi
        ;;
    esac
  done < <("\${(Q)words[1]}" __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  local -a how
  [[ "$ends" == *open* ]] && how=(-S '')
  (( $#values )) && compadd -l -d shown "$how[@]" -a values
  [[ "$ends" == *files* ]] && _files
  return 0
}
if [[ "$funcstack[1]" = "_dray" ]]; then _dray "$@"; else compdef _dray dray; fi
`,
  fish: `# fish completion for dray
function __dray_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l ends
    for line in ($words[1] __complete -- $words[2..-1] 2>/dev/null)
        if string match -q ':*' -- $line
            set ends $line
        else
            echo -- $line
        end
    end
    if string match -q '*files*' -- $ends
        __fish_complete_path (commandline -ct)
    end
end
complete -c dray -f -a '(__dray_complete)'
`,
  powershell: `# PowerShell completion for dray
Register-ArgumentCompleter -Native -CommandName dray -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
    $typed = @($words | Select-Object -Skip 1)
    # An empty word would be lost on the way to a program: dray takes two quotes for it.
    if ($wordToComplete -eq '') { $typed += "''" }
    $files = $false
    & $words[0] __complete -- @typed 2>$null | ForEach-Object {
        if ($_.StartsWith(':')) { $files = $_.Contains('files') }
        else {
            $value, $about = $_ -split "\`t", 2
            if (-not $about) { $about = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
        }
    }
    if ($files) {
        Get-ChildItem -Path "$wordToComplete*" -ErrorAction SilentlyContinue | ForEach-Object {
            $name = Resolve-Path -Relative $_.FullName
            [System.Management.Automation.CompletionResult]::new($name, $_.Name, 'ProviderItem', $name)
        }
    }
}
`,
};
