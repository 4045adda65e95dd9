package dev.cm4j.cli;

import dev.cm4j.Editor;
import dev.cm4j.edit.Mask;
import dev.cm4j.image.Picture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes a part of pictures anew. */
@Command(
        name = "inpaint",
        description = "Make a part of pictures anew; the rest comes back byte for byte.")
final class InpaintCommand implements Callable<Integer> {

    private static final int STEPS = 10;
    private static final int RECTANGLE = 4;

    @Spec private CommandSpec spec;

    @Mixin private EditOptions edit;

    @Option(
            names = "--mask",
            paramLabel = "FILE",
            description = "What to make: the transparent pixels of a picture, else its white ones.")
    private Optional<Path> mask;

    @Option(
            names = "--rect",
            paramLabel = "X,Y,W,H",
            converter = NumberList.Converter.class,
            description = "And this rectangle, in pixels of the picture.")
    private List<NumberList> rectangles = List.of();

    @Option(
            names = "--polygon",
            paramLabel = "X,Y,..",
            converter = NumberList.Converter.class,
            description = "And what lies inside these corners.")
    private List<NumberList> polygons = List.of();

    @Mixin private ResultOptions results;

    @Override
    public Integer call() {
        return results.run(
                spec,
                edit,
                Optional.empty(),
                STEPS,
                Editor::fit,
                (editor, pictures, request) -> editor.inpaint(pictures, masks(pictures), request));
    }

    private List<Mask> masks(List<Picture> pictures) {
        List<Mask> masks = new ArrayList<>();
        for (int i = 0; i < pictures.size(); i++) {
            masks.add(mask(edit.files().get(i), pictures.get(i)));
        }
        return masks;
    }

    private Mask mask(Path file, Picture picture) {
        int height = picture.height();
        int width = picture.width();
        List<Mask> parts = new ArrayList<>();
        mask.ifPresent(from -> {
            Mask read = Mask.read(from);
            if (read.height() != height || read.width() != width) {
                throw new IllegalArgumentException(
                        "%s has %dx%d pixels, but %s has %dx%d; a mask has the size of its picture"
                                .formatted(from, read.width(), read.height(), file, width, height));
            }
            parts.add(read);
        });
        for (NumberList rectangle : rectangles) {
            int[] at = rectangle.whole();
            if (at.length != RECTANGLE) {
                throw new IllegalArgumentException(
                        "--rect takes left, top, width and height, not %d numbers"
                                .formatted(at.length));
            }
            parts.add(Mask.rectangle(height, width, at[0], at[1], at[2], at[3]));
        }
        for (NumberList polygon : polygons) {
            parts.add(Mask.polygon(height, width, polygon.values()));
        }
        if (parts.isEmpty()) {
            return Mask.transparent(file)
                    .orElseThrow(() ->
                            new IllegalArgumentException(
                                    "say what to make of "
                                            + file
                                            + ", which has no transparent pixels: --mask, --rect or"
                                            + " --polygon"));
        }
        return parts.stream().reduce(Mask::or).orElseThrow();
    }
}
