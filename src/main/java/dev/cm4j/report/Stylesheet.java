package dev.cm4j.report;

/** The frame of a page and how it looks: by day and by night, on a wide screen and a narrow one. */
public final class Stylesheet {

    private static final String CSS =
            """
            :root { color-scheme: light dark; --back: #fcfcfa; --card: #fff; --ink: #1c1c1a;
              --soft: #6b6b66; --line: #e4e3dd; }
            @media (prefers-color-scheme: dark) {
              :root { --back: #131412; --card: #1c1d1b; --ink: #e8e7e2; --soft: #9b9a93; --line: #32332f; }
            }
            * { box-sizing: border-box; }
            body { margin: 0 auto; max-width: 1240px; padding: 24px; background: var(--back);
              color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
            h1 { margin: 0; font-size: 26px; }
            h2 { margin: 36px 0 12px; font-size: 18px; }
            header p { margin: 4px 0 20px; color: var(--soft); }
            figure { margin: 0; padding: 12px; background: var(--card); border: 1px solid var(--line);
              border-radius: 10px; }
            figcaption { font-size: 13px; color: var(--soft); padding: 2px 4px; }
            svg { display: block; width: 100%; height: auto; }
            img { display: block; max-width: 100%; image-rendering: pixelated; border-radius: 4px; }
            .newest figure { display: inline-block; }
            .newest img { width: 640px; }
            .plots { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(360px, 1fr)); }
            .pictures { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(260px, 1fr)); }
            .pictures img { width: 100%; }
            table { border-collapse: collapse; width: 100%; background: var(--card); font-size: 14px; }
            th, td { padding: 5px 10px; border-bottom: 1px solid var(--line); text-align: left;
              vertical-align: top; overflow-wrap: anywhere; }
            th { width: 14em; font-weight: 500; color: var(--soft); }
            pre { overflow-x: auto; padding: 12px; background: var(--card); border: 1px solid var(--line);
              border-radius: 10px; font-size: 13px; }
            summary { cursor: pointer; }
            .scroll { overflow-x: auto; }
            .numbers th, .numbers td { width: auto; white-space: nowrap; }
            .numbers thead th { color: var(--soft); }
            .numbers td.number { text-align: right; font-variant-numeric: tabular-nums; }
            .numbers td.protocol { white-space: normal; min-width: 22em; font-size: 12px;
              color: var(--soft); }
            .numbers .published td { color: var(--soft); font-style: italic; }
            .numbers .strip img { width: auto; max-width: none; height: 42px; }
            .legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 12px; padding: 0;
              list-style: none; font-size: 13px; }
            footer { margin-top: 40px; color: var(--soft); font-size: 13px; }
            """;

    private Stylesheet() {}

    /**
     * A whole page.
     *
     * @param title its name
     * @param body markup
     */
    public static String page(String title, String body) {
        return """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <link rel="icon" href="data:,">
        <title>%s</title>
        <style>
        %s</style>
        </head>
        <body>
        %s
        <footer>written by cm4j</footer>
        </body>
        </html>
        """
                .formatted(Html.escaped(title), CSS, body);
    }
}
