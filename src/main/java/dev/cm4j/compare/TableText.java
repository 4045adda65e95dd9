package dev.cm4j.compare;

import dev.cm4j.report.Html;
import java.util.List;
import java.util.Locale;

/** The few pieces of HTML that the tables of a comparison are made of. */
final class TableText {

    private TableText() {}

    /** The begin of a table, up to its first row. */
    static String begin(List<String> heads) {
        StringBuilder text = new StringBuilder("<div class=\"scroll\"><table class=\"numbers\">");
        if (!heads.isEmpty()) {
            text.append("<thead><tr>");
            heads.forEach(head -> text.append("<th>").append(Html.escaped(head)).append("</th>"));
            text.append("</tr></thead>");
        }
        return text.append("<tbody>\n").toString();
    }

    /** Its end. */
    static String end() {
        return "</tbody></table></div>\n";
    }

    /** A number as people write it, and words where there is none. */
    static String format(String form, Object value) {
        return value instanceof Double number && !Double.isFinite(number)
                ? "not known"
                : String.format(Locale.ROOT, form, value);
    }

    /** A field of words. */
    static String cell(String text) {
        return "<td>" + Html.escaped(text) + "</td>";
    }

    /** A field of a number. */
    static String number(String text) {
        return "<td class=\"number\">" + Html.escaped(text) + "</td>";
    }

    /** A field of how a number came about. */
    static String protocol(String text) {
        return "<td class=\"protocol\">" + Html.escaped(text) + "</td>";
    }
}
