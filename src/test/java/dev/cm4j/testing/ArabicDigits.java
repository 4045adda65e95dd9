package dev.cm4j.testing;

import java.util.Locale;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Runs each test under a locale that writes the number 12 as ١٢. */
public final class ArabicDigits implements BeforeEachCallback, AfterEachCallback {

    private Locale before = Locale.ROOT;

    @Override
    public void beforeEach(ExtensionContext context) {
        before = Locale.getDefault();
        Locale.setDefault(Locale.of("ar", "EG"));
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Locale.setDefault(before);
    }
}
