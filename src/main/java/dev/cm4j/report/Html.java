package dev.cm4j.report;

import java.util.Base64;

/** The few pieces of HTML that a page is made of. */
public final class Html {

    private Html() {}

    /** A text in which nothing is markup. */
    public static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** A picture that lies in the page itself. */
    public static String png(byte[] bytes, String words) {
        return "<img alt=\"%s\" src=\"data:image/png;base64,%s\">"
                .formatted(escaped(words), Base64.getEncoder().encodeToString(bytes));
    }

    /**
     * A plot below its title.
     *
     * @param name no other plot's of the page
     */
    public static String figure(Plot plot, String name) {
        return "<figure><figcaption>%s</figcaption>%s</figure>"
                .formatted(escaped(plot.title()), plot.svg(name));
    }

    /** A row of a table of facts. */
    public static String row(String name, String value) {
        return "<tr><th>%s</th><td>%s</td></tr>%n".formatted(escaped(name), escaped(value));
    }
}
