package dev.cm4j.checkpoint;

import java.nio.file.Path;

/**
 * Where in a file the elements of a tensor lie, row-major and little-endian, so that they can be
 * read again once the mapping has ended.
 *
 * @param file the file
 * @param offset bytes from its start
 * @param stamp what marked the file when it was opened
 */
public record FilePlace(Path file, long offset, FileStamp stamp) {}
