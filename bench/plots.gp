# Draws what dualmat-bench --csv has written: one SVG a workload (time against n; ratio to the value alone against
# n), and an overview of all workloads against the derivative written by hand.
#
#     gnuplot -e "csv='bench.csv'; out='plots'" plots.gp            into the folder plots, which must exist
#     gnuplot -e "csv='bench.csv'; out='plots'; kind='png'" plots.gp

if (!exists("csv")) csv = "bench.csv"
if (!exists("out")) out = "."
if (!exists("kind")) kind = "svg"

# Columns of the file: 2 workload, 3 n, 4 variant, 5 best time, 9 ratio to the value, 11 ratio to the hand-written,
# 15 is the result wrong, 16 is it another tool's.
rows(w, v) = sprintf("< awk -F, '$1 == \"workloads\" && $2 == \"%s\" && $4 == \"%s\" && $15 == 0' '%s'", w, v, csv)
workloads = system(sprintf("awk -F, '$1 == \"workloads\" && !seen[$2]++ { print $2 }' '%s'", csv))
has(w, v) = int(system(sprintf("awk -F, '$2 == \"%s\" && $4 == \"%s\" { n++ } END { print n + 0 }' '%s'", w, v, csv)))

# Every variant with its colour, width, dash, point, and what the legend calls it.
variants = "value hand differences numpy-hand sacado eigen ceres adolc cppad stan torch torch-rev2 driver dualmat tape"
colours  = "#888888 #000000 #505050 #a0a0a0 #c77cad #e69f00 #c04000 #7a4a2a #35a0d8 #0f8f63 #d02040 #e88090 #7f9fe0 #1040c0 #8a2be2"
widths   = "1.5 2.5 1.5 1.5 1.5 1.5 1.5 1.5 1.5 1.5 1.5 1.5 1.5 4 3"
dashes   = "2 1 3 3 1 1 1 1 1 1 1 4 4 1 1"
points   = "0 7 0 0 1 2 4 6 8 10 12 12 0 7 5"
names    = "value_alone written_by_hand GSL,_differences NumPy,_by_hand Sacado Eigen_AutoDiffScalar Ceres_Jet ADOL-C_(replay) CppAD_(replay) Stan_Math PyTorch PyTorch,_jacrev² dualmat,_driver dualmat dualmat,_tape"
index_of(v) = int(sum [i = 1:words(variants)] (word(variants, i) eq v ? i : 0))
colour(v) = word(colours, index_of(v))
width(v)  = real(word(widths, index_of(v)))
dash(v)   = int(word(dashes, index_of(v)))
shape(v)  = int(word(points, index_of(v)))
label(v)  = system(sprintf("echo '%s' | tr _ ' '", word(names, index_of(v))))

present(w) = system(sprintf("for v in %s; do awk -F, -v v=$v '$1 == \"workloads\" && $2 == \"%s\" && $4 == v { f = 1 } END { if (f) print v }' '%s'; done", variants, w, csv))

file(name) = sprintf("%s/%s.%s", out, name, kind)
if (kind eq "svg") {
    set terminal svg size 1120,470 font "sans,13" background "#ffffff" linewidth 1
} else {
    set terminal pngcairo size 1120,470 font "sans,10" background "#ffffff"
}

set encoding utf8
set datafile separator ","
set logscale xy
set border 3 lc rgb "#606060"
set grid ytics lc rgb "#d8d8d8" lw 1
set tics nomirror tc rgb "#303030"
set xtics (3, 4, 6, 8, 16, 32, 64, 128, 256, 512, 1024)
set xlabel "n" offset 0,0.4 tc rgb "#303030"
unset key

do for [w in workloads] {
    set output file(w)
    list = present(w)
    last = int(system(sprintf("awk -F, '$1 == \"workloads\" && $2 == \"%s\" && $3 > m { m = $3 } END { print m }' '%s'", w, csv)))
    first = int(system(sprintf("awk -F, '$1 == \"workloads\" && $2 == \"%s\" && (!m || $3 < m) { m = $3 } END { print m }' '%s'", w, csv)))
    set xrange [first / 1.15 : last * 1.15]
    set multiplot title w font ",16"

    set size 0.41, 0.92
    set origin 0, 0
    set lmargin 10
    set rmargin 1
    set title "time" offset 0,-0.5
    set ytics ("1 ns" 1, "10 ns" 10, "100 ns" 100, "1 µs" 1e3, "10 µs" 1e4, "100 µs" 1e5, "1 ms" 1e6, "10 ms" 1e7, \
               "100 ms" 1e8, "1 s" 1e9, "10 s" 1e10)
    plot for [v in list] rows(w, v) using 3:5 with linespoints lc rgb colour(v) lw width(v) dt dash(v) \
         pt shape(v) ps 0.6

    set size 0.59, 0.92
    set origin 0.41, 0
    set lmargin 9
    set rmargin 27
    set title "ratio to the value alone" offset 0,-0.5
    set ytics autofreq
    set key at screen 0.995, 0.86 right top Left reverse samplen 2.2 spacing 1.15 tc rgb "#202020" maxrows 16
    plot for [v in list] rows(w, v) using 3:9 with linespoints lc rgb colour(v) lw width(v) dt dash(v) \
         pt shape(v) ps 0.6 title label(v)
    unset key
    unset multiplot
    set output
}

# ------------------------------------------------------------------------------------------- overview

if (kind eq "svg") {
    set terminal svg size 1280,1010 font "sans,12" background "#ffffff" linewidth 1
} else {
    set terminal pngcairo size 1280,1010 font "sans,9" background "#ffffff"
}
best(w) = sprintf("< awk -F, '$1 == \"workloads\" && $2 == \"%s\" && $16 == 1 && $15 == 0 && $4 !~ /-op$/ && (!($3 in b) || $11 < b[$3]) { b[$3] = $11 } END { for (n in b) print n \",\" b[n] }' '%s' | sort -n", w, csv)
set output file("overview")
set multiplot title "time over that of the derivative written by hand (1: as fast)" font ",16"
columns = 5
lines = int((words(workloads) + 1 + columns - 1) / columns)
set xrange [2.6:1180]
set yrange [0.03:10000]
set xtics (3, 8, 32, 128, 512)
set ytics ("0.1" 0.1, "1" 1, "10" 10, "100" 100, "1000" 1000)
set lmargin 6
set rmargin 1
set tmargin 2
set bmargin 2.5
unset xlabel
h = 0.94 / lines
do for [i = 1:words(workloads)] {
    w = word(workloads, i)
    set size 1.0 / columns, h
    set origin ((i - 1) % columns) / real(columns), 0.94 - h * (1 + (i - 1) / columns)
    set title w offset 0,-0.8
    plot 1 with lines lc rgb "#000000" lw 1 notitle, \
         rows(w, "differences") using 3:11 with lines lc rgb "#999999" lw 1.5 dt 3 notitle, \
         best(w) using 1:2 with linespoints lc rgb "#d07000" lw 1.5 pt 4 ps 0.5 notitle, \
         rows(w, "dualmat") using 3:11 with linespoints lc rgb "#1040c0" lw 3 pt 7 ps 0.5 notitle, \
         rows(w, "tape") using 3:11 with linespoints lc rgb "#8a2be2" lw 2 pt 5 ps 0.5 notitle
}
i = words(workloads) + 1
set size 1.0 / columns, h
set origin ((i - 1) % columns) / real(columns), 0.94 - h * (1 + (i - 1) / columns)
unset title
unset border
unset tics
unset grid
set key default
set key center center Left reverse samplen 2 spacing 1.4
plot NaN with linespoints lc rgb "#1040c0" lw 3 pt 7 ps 0.5 title "dualmat", \
     NaN with linespoints lc rgb "#8a2be2" lw 2 pt 5 ps 0.5 title "dualmat, on tape", \
     NaN with linespoints lc rgb "#d07000" lw 1.5 pt 4 ps 0.5 title "best other tool", \
     NaN with lines lc rgb "#999999" lw 1.5 dt 3 title "differences of GSL's calls", \
     NaN with lines lc rgb "#000000" lw 1 title "written by hand"
unset multiplot
set output
