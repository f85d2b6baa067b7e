package io.penstock.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;

/** Draws the medians of a workload, a bar for each variant. */
final class Charts {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 480;

    private final Path directory;

    Charts(Path directory) {
        this.directory = directory;
    }

    /** Returns the file's name; {@code null} if no variant has such a figure. */
    @Nullable
    String draw(String workload, String unit, Map<String, List<Cell>> variants, Function<Cell, @Nullable Double> figure)
            throws IOException {
        List<String> names = new ArrayList<>();
        List<Double> medians = new ArrayList<>();
        variants.forEach((variant, cells) -> {
            Tables.Spread spread = Tables.Spread.of(cells, figure);
            if (spread != null) {
                names.add(variant);
                medians.add(spread.median());
            }
        });
        return names.isEmpty() ? null : save(workload, chart(workload, unit, names, medians));
    }

    private static CategoryChart chart(String workload, String unit, List<String> names, List<Double> medians) {
        CategoryChart chart = new CategoryChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(workload + ", " + unit)
                .build();
        chart.getStyler().setLegendVisible(false);
        chart.getStyler().setXAxisLabelRotation(25).setYAxisMin(0.0).setYAxisDecimalPattern("#,###.##");
        chart.addSeries(unit, names, medians);
        return chart;
    }

    private String save(String workload, CategoryChart chart) throws IOException {
        Files.createDirectories(directory);
        VectorGraphicsEncoder.saveVectorGraphic(
                chart, directory.resolve(workload).toString(), VectorGraphicsEncoder.VectorGraphicsFormat.SVG);
        return workload + ".svg";
    }
}
