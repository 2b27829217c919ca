#!/bin/sh
# A tour on real data: the Longley regression of NIST's Statistical Reference Datasets.
# usage: demo.sh build/dualmat
set -e
dualmat=$1
data=$(dirname "$0")/data

say() { printf '%s\n' "$@"; }

# Show the command as one would type it, then run it.  "$want" is the exit status that it should have.
show() {
    want=$1; shift
    printf '\n$ dualmat'
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_./=~:,-]*) printf " %s" "\"$word\"" ;;
        *) printf ' %s' "$word" ;;
        esac
    done | sed "s|$data/||g"
    printf '\n'
    got=0
    "$dualmat" "$@" || got=$?
    if [ "$got" != "$want" ]; then
        say "demo: exit status $got where $want was expected" >&2
        exit 1
    fi
}

A='[ones(16,1), D(:,2:7)]'
b='D(:,1)'
zero='x=zeros(7,1)'
longley=D=$data/longley.csv
nist=x=$data/longley-certified.csv

say "dualmat on NIST's Longley data: 16 years of US employment, 6 predictors" \
    "=======================================================================" \
    "" \
    "The model is least squares, f(x) = |A*x - b|^2 with A = [1, x1 ... x6] and b = y." \
    "" \
    "1. The gradient of f at x = 0: one evaluation, one pass back over its terms." \
    "   (D is the data file; A and b are its columns.)"
show 0 grad "norm($A*x - $b)^2" --wrt x "$zero" "$longley"

say "" "" \
    "2. The same at the coefficients that NIST certifies to 15 digits.  A minimum: the" \
    "   gradient should vanish.  f is NIST's residual sum of squares, 836424.055505915."
show 0 grad "norm($A*x - $b)^2" --wrt x "$nist" "$longley" --digits 15

# The first digits of a number that an expression gives.
number() {
    "$dualmat" eval "$1" "$nist" "$longley" --json | sed -n 's/.*"value": *\([-0-9.e+]*\).*/\1/p'
}

gradient="2*$A'*($A*x - $b)"
digits=$(number "log(norm(2*$A'*$b)/norm($gradient))/log(10)")
left=$(number "norm($gradient)")
allowed=$(number "norm(2*abs($A)'*(abs($A)*abs(x)))*5e-15")
printf '\n   It vanishes to %.1f digits of the gradient at 0: its norm is %.1e.  More cannot be had:\n' \
    "$digits" "$left"
printf '   cond(A) is 4.9e9, and coefficients rounded to 15 digits may by themselves leave %.1e.\n' \
    "$allowed"

say "" "" "3. A gradient derived by hand, 2*A'*(A*x - b).  Is it right?"
show 0 check "norm(A*x - b)^2" --wrt x --hand "2*A'*(A*x - b)" A~16x7

say "" "" "4. And with the transpose forgotten where it fits: the gradient of tr(A^2) is not 2*A."
show 1 check "trace(A^2)" --wrt A --hand "2*A"

say "" "" "5. A Jacobian: polar coordinates, with the factor by which they stretch an area, r = 2."
show 0 jac "[x(1)*cos(x(2)); x(1)*sin(x(2))]" --wrt x "x=[2; 0.5]" --det

say "" "" "6. How inv(A) changes when A moves along E: d inv(A) = -inv(A)*E*inv(A)."
show 0 jvp "inv(A)" --along "A=[0,1;0,0]" "A=[2,1;1,3]"

say "" "dualmat ops lists what the language knows, dualmat help the commands; README.md has the rest."
