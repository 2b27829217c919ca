# The README's table of formulas, line by line: every command must say that the formula is right.
# Called as: sh tests/readme.sh build/dualmat
set -eu

dualmat=$1
readme=$(dirname "$0")/../README.md
log=$(mktemp)
trap 'rm -f "$log"' EXIT
lines=0

if grep -n '@[A-Z][A-Z]*@' "$readme" >&2; then
    echo "readme: a place in README.md is not filled in" >&2
    exit 1
fi
commands=$(sed -n 's/^| .* | `dualmat \(.*\)` |$/\1/p' "$readme")
while IFS= read -r line; do
    lines=$((lines + 1))
    if ! eval "\"\$dualmat\" $line" > "$log" 2>&1; then
        echo "readme: dualmat $line" >&2
        cat "$log" >&2
        exit 1
    fi
done <<END
$commands
END
[ "$lines" -ge 20 ] || { echo "readme: only $lines formulas were found in README.md" >&2; exit 1; }
echo "readme: all $lines formulas are right"
