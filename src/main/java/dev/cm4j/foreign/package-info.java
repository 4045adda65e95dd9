/**
 * The door to the native library: finds, loads and checks it, turns a status into an exception, and
 * lends each thread the small memory its calls need.
 *
 * <p>Main type: {@link dev.cm4j.foreign.NativeLibrary}; a library that travels in a jar is unpacked
 * by {@code LibraryCache}. In: paths and settings of the machine. Out: a process in which the
 * symbols of {@code cm4j.h} resolve. Only this package and the package-private {@code *Native}
 * classes see the generated bindings. Next: {@code dev.cm4j.tensor}, which binds handles to scopes.
 */
package dev.cm4j.foreign;
