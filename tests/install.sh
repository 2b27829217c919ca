# What a user meets after make install: headers, libraries, linking.  Called as: sh tests/install.sh BUILD
#
# CC, CXX and MAKE are respected.  The first thing that is wrong is told and ends it.
set -eu

build=$(cd "${1:-build}" && pwd)
root=$(cd "$(dirname "$0")/.." && pwd)
CC=${CC:-cc} CXX=${CXX:-c++} MAKE=${MAKE:-make}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
gsl=$(pkg-config --cflags gsl)

fail()
{
    echo "install: $*" >&2
    exit 1
}

equal()                                # equal WHAT GOT EXPECTED
{
    printf '%s\n' "$2" > "$scratch/got"
    printf '%s\n' "$3" > "$scratch/expected"
    diff "$scratch/got" "$scratch/expected" > "$scratch/diff" || fail "$1 (< is there, > is expected):
$(cat "$scratch/diff")"
}

# ------------------------------------------------------------ the header, alone, in C and in C++

for language in 'c -std=c17 -pedantic' 'c -std=c99' 'c++ -std=c++11 -pedantic' 'c++ -std=c++17'; do
    compiler=$CC
    case $language in c++*) compiler=$CXX ;; esac
    printf '#include <dualmat.h>\n#include <dualmat.h>\n' |
        $compiler -Wall -Wextra -Werror -I"$root/include" $gsl -fsyntax-only -x $language - ||
        fail "dualmat.h does not compile as $language"
done

# ------------------------------------------------- exported: what the header declares, nothing else

declared=$(tr '\n;' ' \n' < "$root/include/dualmat.h" |
           sed -n 's/.*DM_API [^(]*[ *]\(dm_[a-z0-9_]*\) *(.*/\1/p' | sort)
exported=$(nm -D --defined-only "$build/libdualmat.so" | awk '{ print $NF }' | sort)
equal 'symbols exported by libdualmat.so' "$exported" "$declared"
others=$(nm -g --defined-only "$build/libdualmat.a" 2> /dev/null | awk 'NF == 3 { print $3 }' |
         grep -v '^dm_' || true)
equal 'symbols of libdualmat.a that do not begin with dm_' "$others" ''

# --------------------------------------------------------- installed below DESTDIR, nowhere else

prefix=$scratch/usr
$MAKE -s -C "$root" install BUILD="$build" PREFIX="$prefix" DESTDIR="$scratch/stage" > "$scratch/log" 2>&1 ||
    { cat "$scratch/log" >&2; fail 'make install failed'; }
[ ! -e "$prefix" ] || fail 'make install wrote outside DESTDIR'
mv "$scratch/stage$prefix" "$prefix"
equal 'files installed' "$(cd "$prefix" && find . -type f -o -type l | sort)" \
"./bin/dualmat
./include/dualmat.h
./lib/libdualmat.a
./lib/libdualmat.so
./lib/libdualmat.so.0
./lib/libdualmat.so.0.1.0
./lib/pkgconfig/dualmat.pc
./share/man/man1/dualmat.1"
equal 'soname' "$(objdump -p "$prefix/lib/libdualmat.so" | awk '$1 == "SONAME" { print $2 }')" libdualmat.so.0

PKG_CONFIG_PATH=$prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
LD_LIBRARY_PATH=$prefix/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export PKG_CONFIG_PATH LD_LIBRARY_PATH
flags=$(pkg-config --cflags --libs dualmat)
case $flags in *gslcblas*) fail "dualmat.pc links gslcblas: $flags" ;; esac

# ---------------------------------------------------- the examples, as a user compiles and runs them

for example in "$root"/tests/examples/*.c; do
    name=$(basename "$example" .c)
    (cd "$scratch" && $CC "$example" $flags -o "$name") || fail "$name.c does not compile: $CC $name.c $flags"
    got=$("$scratch/$name") || fail "$name ends with status $?"
    equal "$name" "$got" "$(cat "$root/tests/examples/$name.out")"
done

# ------------------- a program that lists -lgslcblas first still has our BLAS serve our products

cat > "$scratch/blas.c" <<'END'
#include <stdio.h>
#include <dualmat.h>

int main(void)
{
    dm_context *context = dm_context_alloc();
    dm *A = dm_ones(context, 50, 50);

    printf("%g %s\n", dm_value_scalar(dm_sum(dm_mul(A, A))), dm_blas_library());
    dm_context_free(context);
    return 0;
}
END
rest=$(printf '%s' "$flags" | sed 's/-ldualmat//')
for library in -ldualmat "$prefix/lib/libdualmat.a"; do
    $CC "$scratch/blas.c" -I"$prefix/include" $gsl -L"$prefix/lib" -lgsl -lgslcblas $library $rest \
        -o "$scratch/blas" || fail "linking -lgsl -lgslcblas $library failed"
    got=$("$scratch/blas")
    case $got in
        *gslcblas* | *unknown*) fail "linked -lgsl -lgslcblas $library, dgemm_ comes from: $got" ;;
        '125000 '*) ;;
        *) fail "linked -lgsl -lgslcblas $library, the product is wrong: $got" ;;
    esac
done

equal 'dualmat eval 1+1' "$("$prefix/bin/dualmat" eval 1+1 | tr -d '[:space:]' | grep -o '2$')" 2
echo "install: header, symbols, files, examples and linking are as they should be"
