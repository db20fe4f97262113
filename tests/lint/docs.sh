#!/bin/bash
# What the documents name exists: files in backticks and in links, tests in backticks (`Suite.Name` or `Suite.*`), and claims (A2.3) in the
# threat model, where each stands once. A claim's row names a test, or says plainly that there is none.
set -u
cd "$(dirname -- "$0")/../.." || exit 1
bad=0
say() {
  echo "$*"
  bad=1
}
model=docs/threat-model.md
mapfile -t pages < <(git ls-files -co --exclude-standard -- '*.md')
tests=$(git ls-files -co --exclude-standard -- '*_test.cc' | xargs -d '\n' grep -hoE '^(TYPED_)?TEST(_F|_P)?\([A-Za-z0-9_]+, [A-Za-z0-9_]+' | sed -E 's/.*\(//; s/, /./')
claims=$(grep -oE '^\| [AB][0-9]?\.[0-9]+ \|' "$model" | tr -d '| ')
for claim in $(sort <<<"$claims" | uniq -d); do say "$model: claim $claim stands twice"; done
while IFS= read -r row; do
  [[ $row == *"no test yet"* || $row == *"not there yet"* || ${row##*| } == *'`'* ]] || say "$model: ${row:2:5} names no test: ${row:0:80}"
done < <(grep -E '^\| [AB][0-9]?\.[0-9]+ \|' "$model" | sed 's/ |$//')

for page in "${pages[@]}"; do
  folder=$(dirname "$page")
  while IFS= read -r word; do
    case $word in
      kernel/* | lib/* | tool/* | guest/* | tests/* | docs/* | cmake/* | hosted/*)
        [[ $word == *[\ \<]* ]] && continue
        compgen -G "$word" >/dev/null || say "$page: \`$word\` does not exist"
        ;;
      *.\*) grep -q "^${word%\*}" <<<"$tests" || [[ ! $word =~ ^[A-Z][A-Za-z0-9]+\.\*$ ]] || say "$page: no test is \`$word\`" ;;
      *) [[ ! $word =~ ^[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*\.[A-Z][A-Za-z0-9]+$ ]] || grep -qx "$word" <<<"$tests" || say "$page: no test is \`$word\`" ;;
    esac
  done < <(awk '/^```/ { code = !code } !code' "$page" | grep -oE '`[^`]+`' | tr -d '`')
  while IFS= read -r target; do
    [[ $target == *:* || $target == '' ]] || [[ -e $folder/$target ]] || say "$page: the link to $target leads nowhere"
  done < <(grep -oE '\]\([^)]+\)' "$page" | sed -E 's/^\]\(//; s/[)#].*//')
  while IFS= read -r claim; do
    grep -qx "$claim" <<<"$claims" || say "$page: $model has no claim $claim"
  done < <(grep -oE '\b(A[1-7]|B)\.[0-9]+\b' "$page" | sort -u)
done
for record in docs/decisions/[0-9]*.md; do
  grep -q "($(basename "$record"))" docs/decisions/README.md || say "docs/decisions/README.md does not list $record"
done
exit $bad
