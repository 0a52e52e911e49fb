#!/usr/bin/env -S dotnet --
#:package ScottPlot
#:property PublishAot=false

using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using ScottPlot;
using ScottPlot.TickGenerators;
using SkiaSharp;

const string Help = """
    Plots the port's output, read from stdin: each run's steps on the cost curve, and the cost per epoch.
    usage: plot-descent.cs OUTPUT.svg|OUTPUT.png [RUN_NAME ...]
    example: dotnet run --project src/TorchPort -- --exact | scripts/plot-descent.cs descent.svg "In [2]" "In [3]"
    """;

// The Okabe-Ito palette, which is safe for colour-blind readers.
string[] colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];

var operation = "print the help";
try
{
    if (args.Any(argument => argument is "--help" or "-h"))
    {
        Console.WriteLine(Help);
        return 0;
    }

    Require(!args.Any(argument => argument.StartsWith('-')), "the only option is --help.");
    Require(args.Length > 0, "OUTPUT is missing. See --help.");
    var output = args[0];
    var names = args[1..];
    var extension = Path.GetExtension(output).ToUpperInvariant();
    Require(extension is ".SVG" or ".PNG", $"OUTPUT must end in .svg or .png, not '{output}'.");
    Require(!Directory.Exists(output), $"{output} is a folder. Specify a file.");
    Require(new FileInfo(output).Directory!.Exists, $"the folder of {output} does not exist. Create it first.");
    Require(Console.IsInputRedirected, "stdin is a terminal. Pipe the port's output into it. See --help.");

    operation = "read stdin";
    using var stdin = new StreamReader(Console.OpenStandardInput());
    var traces = Parse(stdin.ReadToEnd());
    Require(traces.Count <= colours.Length, $"the input has {traces.Count} runs. The maximum is {colours.Length}.");
    Require(traces.Count >= names.Length, $"the input has fewer runs ({traces.Count}) than names ({names.Length}).");

    var fonts = SKFontManager.Default.FontFamilies.OrderByDescending(it => it is "DejaVu Sans" or "Liberation Sans" or "Arial");
    var characters = "W" + string.Concat(names);
    var font = fonts.FirstOrDefault(it => SKTypeface.FromFamilyName(it).ContainsGlyphs(characters));
    Require(font is not null, $"no installed font has all of '{characters}'. Install one, such as fonts-dejavu-core.");
    Fonts.Default = font!;

    // Runs may overlap, so earlier runs get wider lines that stay visible on both sides.
    var runs = traces.Select((steps, index) => new Run(
        names.ElementAtOrDefault(index) ?? $"run {index + 1}",
        Color.FromHex(colours[index]),
        Width: 3 + (8f / traces.Count * (traces.Count - 1 - index)),
        steps)).ToList();
    var multiplot = new Multiplot { Layout = new ScottPlot.MultiplotLayouts.Columns() };
    DrawCostCurve(multiplot.GetPlot(0), runs);
    DrawCostByEpoch(multiplot.AddPlot(), runs);

    operation = $"write {output}";
    // Preallocate the file, so that a full disk leaves no partial picture.
    var picture = Render(multiplot, extension == ".SVG");
    var tempFile = $"{output}.part";
    using var file = File.OpenHandle(
        tempFile, FileMode.Create, FileAccess.Write, FileShare.Delete, FileOptions.None, picture.Length);
    RandomAccess.Write(file, picture, 0);
    File.Move(tempFile, output, overwrite: true);
    return 0;
}
catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
{
    try
    {
        Console.Error.WriteLine($"plot-descent.cs: {(e is InvalidDataException ? "" : $"cannot {operation}: ")}{e.Message}");
    }
    catch (Exception stderrError) when (stderrError is IOException or UnauthorizedAccessException)
    {
        // The exit code reports the failure.
    }

    return 2;
}

static void Require(bool condition, string message)
{
    if (!condition)
    {
        throw new InvalidDataException(message);
    }
}

// Splits the input into runs: a new run starts when the epoch does not increase. The comma is optional; other lines are ignored.
static List<List<Step>> Parse(string trace)
{
    const string Number = @"(-?[0-9]+(?:\.[0-9]+)?(?:e[-+][0-9]+)?|-?inf|nan)";
    var python = new NumberFormatInfo { NaNSymbol = "nan", PositiveInfinitySymbol = "inf", NegativeInfinitySymbol = "-inf" };
    var runs = new List<List<Step>>();
    foreach (var (index, line) in trace.Split('\n').Index().Where(row => row.Item.StartsWith("Epoch ", StringComparison.Ordinal)))
    {
        var match = Regex.Match(line, $@"^Epoch +([0-9]+)/[0-9]+ W: {Number},? Cost: {Number}\r?$");
        Require(match.Success, $"line {index + 1} of the input is malformed. Run the port again.");
        double[] numbers = [.. match.Groups.Values.Skip(1).Select(group => double.Parse(group.ValueSpan, python))];
        if (runs.Count == 0 || numbers[0] <= runs[^1][^1].Epoch)
        {
            runs.Add([]);
        }

        runs[^1].Add(new(numbers[0], numbers[1], numbers[2]));
    }

    Require(runs.Count > 0, "stdin has no epoch lines. Pipe the port's output into it. See --help.");
    Require(trace.EndsWith('\n'), "the input ends mid-line. Run the port again.");
    return runs;
}

// Plots the notebook's cost as a function of W, with the steps on the curve.
static void DrawCostCurve(Plot plot, List<Run> runs)
{
    SetLabels(plot, "Down the cost curve", "W", "cost");
    // Scale to the first steps: they are a converging run's largest, and a diverging run's later ones would dwarf the rest.
    var first = runs.SelectMany(run => run.Steps.Take(6)).Where(step => double.IsFinite(step.W + step.Cost));
    var halfWidth = 1.15 * first.Select(step => Math.Abs(step.W - 1)).Append(1).Max();
    var top = Cost(1 + halfWidth);
    plot.Axes.SetLimits(1 - halfWidth, 1 + halfWidth, -0.08 * top, top);
    var curve = Generate.Range(1 - halfWidth, 1 + halfWidth, halfWidth / 100);
    plot.Add.ScatterLine(curve, [.. curve.Select(Cost)], Colors.Gray);

    var numberedW = new List<double>();
    foreach (var run in runs)
    {
        // Keep a step or two beyond the limits, so that the line leaves the plot.
        var visible = run.Steps.Where(step => step.Cost < 10 * top);
        AddSteps(plot, run, visible.Select(step => new Coordinates(step.W, step.Cost)));

        // Number the first steps, below the curve, unless the numbers would overlap.
        foreach (var step in visible.Take(4).Where(step => numberedW.TrueForAll(w => Math.Abs(w - step.W) > 0.08 * halfWidth)))
        {
            numberedW.Add(step.W);
            var number = plot.Add.Text($"{step.Epoch}", step.W, step.Cost);
            number.LabelFontColor = run.Colour;
            number.LabelAlignment = step.W < 1 ? Alignment.UpperRight : Alignment.UpperLeft;
            number.OffsetX = step.W < 1 ? -8 : 8;
            number.OffsetY = 4;
        }
    }

    // mean((x * W - y) ** 2) over the points (1, 1), (2, 2), (3, 3)
    static double Cost(double w) => 14.0 / 3 * (w - 1) * (w - 1);
}

static void DrawCostByEpoch(Plot plot, List<Run> runs)
{
    SetLabels(plot, "Cost by epoch", "epoch", "cost (log scale)");
    plot.Axes.Bottom.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true };
    plot.Axes.Left.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true, LabelFormatter = FormatPower };
    foreach (var run in runs)
    {
        var visible = run.Steps.Where(step => step.Cost is > 0 and < double.PositiveInfinity);
        var marks = AddSteps(plot, run, visible.Select(step => new Coordinates(step.Epoch, Math.Log10(step.Cost))));
        marks.LegendText = visible.Contains(run.Steps[^1]) ? run.Name : $"{run.Name} (cost ends at {Format(run.Steps[^1].Cost)})";
    }

    // Round the limits to powers of ten, so that at least two ticks are labelled.
    plot.Axes.AutoScale();
    var limits = plot.Axes.GetLimits();
    plot.Axes.SetLimitsY(Math.Floor(limits.Bottom), Math.Ceiling(limits.Top));

    static string FormatPower(double exponent) => Format(Math.Pow(10, exponent));
}

static void SetLabels(Plot plot, string title, string x, string y)
{
    plot.Title(title);
    plot.XLabel(x);
    plot.YLabel(y);
    plot.Axes.Bottom.TickGenerator = new NumericAutomatic { LabelFormatter = Format };
    plot.Axes.Left.TickGenerator = new NumericAutomatic { LabelFormatter = Format };
    plot.Axes.Bottom.MinorTickStyle.Color = Colors.Transparent;
    plot.Axes.Left.MinorTickStyle.Color = Colors.Transparent;
}

static string Format(double number) => number.ToString("g5", CultureInfo.InvariantCulture);

// Draws a line through the first steps and one later step per half-pixel cell. Marks about twenty of them, at an odd interval,
// so that the markers of an oscillating run still alternate between its two sides.
static ScottPlot.Plottables.Markers AddSteps(Plot plot, Run run, IEnumerable<Coordinates> steps)
{
    var extent = new AxisLimits(steps);
    var (x, y) = (extent.HorizontalSpan / 2000, extent.VerticalSpan / 2000);
    var laterSteps = steps.Skip(30).DistinctBy(step => (Math.Round(step.X / x), Math.Round(step.Y / y)));
    Coordinates[] path = [.. steps.Take(30), .. laterSteps];
    var line = plot.Add.ScatterLine(path, run.Colour);
    line.LineWidth = run.Width;
    line.LineStyle.Rounded = true;
    var interval = (path.Length / 20) | 1;
    var marked = path.Where((_, index) => index % interval == 0).ToArray();
    return plot.Add.Markers(marked, MarkerShape.FilledCircle, run.Width + 4, run.Colour);
}

// Renders the plots side by side, with the legend on the right.
static byte[] Render(Multiplot multiplot, bool isSvg)
{
    using var paint = Paint.NewDisposablePaint();
    var legend = multiplot.GetPlot(1).ShowLegend(Edge.Right).Measure(paint);
    var width = 2 * (440 + (int)legend);
    const int height = 420;
    using var png = multiplot.Render(width, height);
    using var stream = new MemoryStream();
    using (var canvas = SKSvgCanvas.Create(new SKRect(0, 0, width, height), stream))
    {
        multiplot.Render(canvas, new PixelRect(0, width, height, 0));
    }

    // Skia omits the viewBox, the white background and a fallback font, and adds a comma that Firefox rejects.
    var svg = new StringBuilder(Encoding.UTF8.GetString(stream.ToArray()))
        .Replace("<svg ", $"<svg viewBox=\"0 0 {width} {height}\" ")
        .Replace("<rect width", "<rect fill=\"white\" width")
        .Replace($"\"{Fonts.Default}\"", $"\"'{Fonts.Default}', sans-serif\"")
        .Replace(", \"", "\"");
    return isSvg ? Encoding.UTF8.GetBytes($"{svg}") : png.GetImageBytes(ImageFormat.Png, 100);
}

internal sealed record Run(string Name, Color Colour, float Width, List<Step> Steps);
internal sealed record Step(double Epoch, double W, double Cost);
