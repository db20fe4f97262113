#!/bin/bash
# Every [key] that a comment cites is listed in docs/references.md, and no key is listed twice. A citation is a lower-case key in
# brackets with what it points to: `[key] section`, `[key] 4.1`, `[key] "Title"`, or a key at the end of a sentence.
set -u
cd "$(dirname -- "$0")/../.." || exit 1
list=docs/references.md
[[ -f $list ]] || { echo "$list is absent" && exit 1; }
known=$(grep -oE '^- \*\*\[[a-z0-9][a-z0-9.+-]*\]\*\*' "$list" | grep -oE '\[[^]]*\]')
bad=0
for key in $(sort <<<"$known" | uniq -d); do
  echo "$list: $key is listed twice"
  bad=1
done
# Only comments count: after // or # (or anywhere in documents), and never an index, an attribute, a range or a link.
while IFS=: read -r file line key; do
  grep -qxF -- "$key" <<<"$known" || { echo "$file:$line: $key is not in $list" && bad=1; }
done < <(git ls-files -co --exclude-standard | grep -E '\.(h|cc|S|def|cmake|md|sh)$' | grep -vxF -e "$list" -e tests/lint/references.sh |
  xargs -d '\n' awk '
    {
      text = $0
      if (FILENAME !~ /\.md$/) {
        if (FILENAME ~ /\.(h|cc|S|def)$/) { if (!match(text, /\/\//)) next } else if (!match(text, /(^|[[:space:]])#/)) next
        text = substr(text, RSTART)
      }
      gsub(/`[^`]*`/, "", text)
      while (match(text, /(^|[[:space:](])\[[a-z][a-z0-9]*([-+.][a-z0-9]+)*\]([^(:\[a-zA-Z0-9_]|:[[:space:]]|$)/)) {
        found = substr(text, RSTART, RLENGTH)
        sub(/^[^\[]*/, "", found); sub(/\].*$/, "]", found)
        print FILENAME ":" FNR ":" found
        text = substr(text, RSTART + RLENGTH - 1)
      }
    }')
exit $bad
