package dev.cm4j.data;

import java.util.Arrays;
import java.util.List;

/** How people write the ten digits: several manners for each, as strokes in the unit square. */
final class DigitShapes {

    private static final String[][] NOTATION = {
        { // 0: round, slim, begun at the right with an overlap
            "M .5 .03 C .18 .03 .16 .3 .16 .5 C .16 .75 .22 .97 .5 .97"
                    + " C .78 .97 .84 .72 .84 .5 C .84 .27 .8 .03 .5 .03",
            "M .52 .03 C .3 .06 .22 .35 .24 .58 C .26 .85 .36 .98 .5 .97"
                    + " C .7 .95 .78 .68 .76 .45 C .74 .2 .66 .02 .52 .03",
            "M .68 .1 C .4 -.04 .14 .25 .16 .58 C .18 .86 .38 1.0 .56 .96"
                    + " C .82 .9 .9 .55 .82 .3 C .76 .12 .62 .04 .44 .1",
        },
        { // 1: a bar, a bar with a flag, with a flag and a foot
            "M .5 .03 L .5 .97",
            "M .5 .03 L .5 .97",
            "M .32 .24 Q .46 .16 .53 .03 L .53 .97",
            "M .33 .2 L .53 .04 L .53 .96 M .3 .96 L .76 .96",
        },
        { // 2: a straight foot, a loop at the foot, a sharp neck, a wavy foot
            "M .2 .27 C .24 -.04 .8 -.06 .78 .28 C .77 .5 .4 .72 .2 .95 L .82 .95",
            "M .24 .2 C .34 -.04 .78 -.02 .74 .28 C .7 .58 .5 .86 .3 .93"
                    + " C .1 .98 .14 .7 .36 .78 C .55 .86 .66 1.0 .88 .86",
            "M .2 .16 Q .56 -.1 .74 .16 Q .86 .4 .52 .66 L .2 .95 Q .5 .86 .84 .94",
            "M .22 .24 C .3 -.02 .8 0 .76 .3 C .72 .56 .4 .78 .22 .93" + " C .4 .8 .6 1.02 .84 .9",
        },
        { // 3: round, with a flat top, with a small loop in the middle
            "M .22 .14 C .4 -.06 .82 .0 .76 .27 C .72 .43 .55 .47 .4 .47"
                    + " C .6 .47 .84 .54 .82 .73 C .79 1.02 .36 1.03 .18 .84",
            "M .22 .05 L .77 .05 L .46 .41 C .72 .39 .86 .56 .82 .74 C .76 1.02 .36 1.02 .18 .85",
            "M .25 .12 C .5 -.1 .86 .08 .72 .32 C .63 .46 .44 .54 .4 .47"
                    + " C .38 .4 .6 .42 .72 .54 C .9 .76 .62 1.06 .2 .9",
        },
        { // 4: open with two strokes, closed, open and round
            "M .3 .04 L .2 .56 L .86 .54 M .7 .05 L .64 .97",
            "M .62 .97 L .66 .04 L .14 .64 L .88 .64",
            "M .24 .07 C .18 .3 .12 .52 .26 .56 C .42 .6 .62 .55 .75 .49"
                    + " M .78 .06 C .74 .4 .7 .7 .66 .97",
            "M .26 .06 L .18 .52 Q .4 .58 .74 .48 M .78 .04 L .7 .5 L .66 .97",
        },
        { // 5: in one stroke, with a separate top, like an S
            "M .78 .05 L .32 .05 L .27 .43 C .46 .32 .84 .4 .82 .68 C .8 1.0 .36 1.04 .18 .86",
            "M .32 .08 L .28 .44 C .5 .34 .82 .44 .8 .7 C .77 .98 .38 1.02 .18 .9"
                    + " M .32 .08 L .84 .04",
            "M .8 .07 C .5 .02 .32 .08 .3 .26 C .28 .48 .8 .42 .78 .72 C .76 1.02 .36 .99 .2 .87",
        },
        { // 6: round, straight-backed, hooked
            "M .7 .04 C .4 .14 .18 .45 .2 .7 C .22 1.01 .76 1.05 .8 .74"
                    + " C .82 .42 .36 .4 .2 .68",
            "M .56 .02 C .32 .34 .18 .58 .24 .8 C .33 1.03 .73 1.0 .76 .76"
                    + " C .77 .46 .36 .44 .22 .74",
            "M .76 .12 C .5 -.06 .18 .2 .2 .62 C .2 1.05 .74 1.08 .78 .74"
                    + " C .8 .42 .34 .42 .2 .66",
        },
        { // 7: plain, with a bar, with a serif
            "M .1 .06 L .88 .06 C .68 .4 .52 .65 .44 .97",
            "M .1 .07 L .86 .06 L .44 .97 M .36 .5 L .82 .5",
            "M .12 .2 L .12 .06 Q .5 .1 .9 .05 Q .58 .44 .48 .97",
            "M .1 .1 Q .5 .02 .88 .06 Q .84 .3 .56 .6 Q .48 .75 .46 .97",
        },
        { // 8: in one stroke from the top right, two rounds, a slim one
            "M .74 .15 C .54 -.08 .2 .06 .27 .29 C .34 .48 .82 .5 .8 .76"
                    + " C .78 1.06 .2 1.04 .2 .77 C .2 .5 .7 .46 .75 .25 C .77 .18 .76 .17 .74 .15",
            "M .5 .47 C .2 .44 .22 .03 .5 .03 C .78 .03 .8 .44 .5 .47"
                    + " C .12 .5 .12 .97 .5 .97 C .88 .97 .88 .5 .5 .47",
            "M .68 .1 C .46 -.06 .24 .12 .32 .32 C .4 .5 .72 .6 .7 .8"
                    + " C .66 1.03 .3 1.0 .3 .8 C .3 .6 .62 .46 .7 .28 C .74 .18 .72 .13 .68 .1",
        },
        { // 9: a straight stem, a round tail, a short stem under a drop
            "M .78 .26 C .74 .02 .24 -.02 .22 .3 C .2 .6 .72 .58 .78 .26 L .72 .97",
            "M .77 .28 C .74 .02 .25 -.01 .22 .3 C .2 .6 .74 .56 .77 .28"
                    + " C .82 .62 .74 .96 .3 .95",
            "M .72 .18 C .5 -.08 .16 .1 .21 .36 C .26 .62 .68 .5 .74 .16 C .74 .5 .7 .8 .58 .97",
        },
    };

    private static final List<List<List<Stroke>>> STROKES =
            Arrays.stream(NOTATION)
                    .map(manners -> Arrays.stream(manners).map(Stroke::parse).toList())
                    .toList();

    private DigitShapes() {}

    /** The manners of writing a digit, each a list of strokes. */
    static List<List<Stroke>> of(int digit) {
        return STROKES.get(digit);
    }
}
