#!/usr/bin/env dotnet
#:package ScottPlot
#:package System.CommandLine
#:property PublishAot=false

// Draws a trace of gradient descent, the port's stdout or the notebook's. See --help.

using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;
using ScottPlot;
using ScottPlot.TickGenerators;
using SkiaSharp;

const string Usage = "dotnet run --project src/TorchPort | dotnet run scripts/plot-descent.cs -- descent.svg";
const int Width = 1000;
const int Height = 420;

var output = new Argument<string>("OUTPUT") { Description = "the picture to write: NAME.svg or NAME.png" };
var title = new Option<string?>("--title") { HelpName = "T", Description = "a title above the picture" };
output.Validators.Add(given =>
{
    if (given.Tokens.Count == 1 && Path.GetExtension(given.Tokens[0].Value) is not (".svg" or ".png"))
    {
        given.AddError($"OUTPUT ends in .svg or .png, unlike '{given.Tokens[0].Value}'.");
    }
});

var command = new Command("plot-descent.cs", $"Draws the trace on stdin: the cost over W with each run's steps on it, and the cost by epoch.\n{Usage}")
{
    output, title, new HelpOption(),
};
command.SetAction(Draw);

var parsed = command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Action is ParseErrorAction)
{
    return Trouble($"{parsed.Errors[0].Message} {Usage}");
}

try
{
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (InvalidDataException e)
{
    return Trouble(e.Message);
}

static int Trouble(string message)
{
    Console.Error.WriteLine($"plot-descent.cs: {message}");
    return 2;
}

int Draw(ParseResult options)
{
    if (!Console.IsInputRedirected)
    {
        throw new InvalidDataException($"reads a trace from stdin: {Usage}");
    }

    if (!SKTypeface.Default.ContainsGlyph('W'))
    {
        throw new InvalidDataException("finds no font on this machine. Install one: apt-get install fonts-dejavu-core");
    }

    string[] fonts = ["Open Sans", "DejaVu Sans", "Liberation Sans", "Arial", "Helvetica"];
    Fonts.Default = fonts.FirstOrDefault(font => SKFontManager.Default.FontFamilies.Contains(font)) ?? Fonts.Default;

    var runs = Read(Console.In.ReadToEnd());
    using var left = OverW(runs);
    using var right = ByEpoch(runs);
    var picture = new Multiplot(left);
    picture.AddPlot(right);
    picture.Layout = new ScottPlot.MultiplotLayouts.Columns();

    var path = options.GetValue(output)!;
    var bytes = Render(picture, options.GetValue(title), svg: Path.GetExtension(path) == ".svg");

    Write(path, bytes);
    return 0;
}

// Nothing half-written is left: the file appears when it is whole.
static void Write(string path, byte[] bytes)
{
    var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
    if (!Directory.Exists(folder))
    {
        throw new InvalidDataException($"there is no folder {folder} to write {path} to.");
    }

    var part = path + ".part";
    try
    {
        File.WriteAllBytes(part, bytes);
        File.Move(part, path, overwrite: true);
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
    {
        File.Delete(part);
        throw new InvalidDataException($"cannot write {path}: {e.Message}");
    }
}

// The runs in a trace; a new one begins at epoch 0. Lines that are no epoch lines are passed over.
static List<Run> Read(string text)
{
    var runs = new List<List<Step>>();
    var lines = text.Split('\n');
    for (var i = 0; i < lines.Length; i++)
    {
        var match = EpochLine().Match(lines[i]);
        // The last piece is what stands behind the last line end: nothing, if the trace is whole.
        if ((lines[i].StartsWith("Epoch ", StringComparison.Ordinal) && !match.Success) || (i == lines.Length - 1 && lines[i].Length > 0))
        {
            throw new InvalidDataException($"line {i + 1} of the trace is cut short: '{lines[i]}'");
        }

        if (!match.Success)
        {
            continue;
        }

        var step = new Step(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), Number(match.Groups[2].Value), Number(match.Groups[3].Value));
        if (step.Epoch == 0 || runs.Count == 0)
        {
            runs.Add([]);
        }

        runs[^1].Add(step);
    }

    return runs.Count > 0 ? [.. runs.Select(steps => new Run(steps))] : throw new InvalidDataException($"no epoch line on stdin. {Usage}");

    static double Number(string word) => word switch
    {
        "nan" => double.NaN,
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        _ => double.Parse(word, NumberStyles.Float, CultureInfo.InvariantCulture),
    };
}

// The cost as a function of W for the notebook's data, and the steps on it.
static Plot OverW(List<Run> runs)
{
    var plot = NewPlot("Down the cost curve", "W", "cost");

    // A run that converges has its widest steps first; of one that diverges the later steps would leave nothing else to see.
    var reach = 1.15 * runs.SelectMany(run => run.Finite.Take(6)).Select(step => Math.Abs(step.W - 1)).Append(1).Max();
    var curve = Generate.Range(1 - reach, 1 + reach, reach / 100);
    var line = plot.Add.ScatterLine(curve, [.. curve.Select(Cost)], Colors.Gray);
    line.LegendText = "cost of W";
    plot.Axes.SetLimits(1 - reach, 1 + reach, -0.06 * Cost(1 + reach), Cost(1 + reach));

    var said = new List<string>();
    for (var i = 0; i < runs.Count; i++)
    {
        var inside = runs[i].Finite.Where(Inside).ToList();
        var drawn = Thinned(inside, reach);
        var steps = plot.Add.Scatter(drawn.Select(step => new Coordinates(step.W, step.Cost)).ToArray(), Colour(i));
        Style(steps, i);
        steps.LegendText = Name(runs, i);

        if (runs[i].Finite.Count > inside.Count)
        {
            said.Add($"{Name(runs, i)}: {runs[i].Finite.Count - inside.Count} steps lie outside this window");
        }
    }

    // The number of a step stands beside it, where no other number stands already.
    var taken = new List<Step>();
    foreach (var step in runs.SelectMany(run => run.Finite).Where(Inside))
    {
        if (taken.TrueForAll(other => Math.Abs(other.W - step.W) > 0.09 * reach || Math.Abs(other.Cost - step.Cost) > 0.09 * Cost(1 + reach)))
        {
            taken.Add(step);
            var number = plot.Add.Text(step.Epoch.ToString(CultureInfo.InvariantCulture), step.W, step.Cost);
            number.LabelStyle.FontSize = 13;
            number.LabelStyle.Alignment = step.W < 1 ? Alignment.MiddleRight : Alignment.MiddleLeft;
            number.LabelStyle.OffsetX = step.W < 1 ? -9 : 9;
        }
    }

    Say(plot, said);
    plot.ShowLegend(Alignment.UpperCenter);
    return plot;

    bool Inside(Step step) => Math.Abs(step.W - 1) <= reach && step.Cost <= Cost(1 + reach);

    // mean((x * W - y) ** 2) over the points (1, 1), (2, 2), (3, 3)
    static double Cost(double w) => 14.0 / 3 * (w - 1) * (w - 1);
}

static Plot ByEpoch(List<Run> runs)
{
    var plot = NewPlot("Cost by epoch", "epoch", "cost (log scale)");
    plot.Axes.Left.TickGenerator = new NumericAutomatic
    {
        IntegerTicksOnly = true,
        LabelFormatter = exponent => Math.Pow(10, exponent).ToString("0.#########", CultureInfo.InvariantCulture) is { Length: <= 6 } plain && plain != "0"
            ? plain
            : $"1e{exponent:0}",
    };
    plot.Axes.Bottom.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true };

    var said = new List<string>();
    for (var i = 0; i < runs.Count; i++)
    {
        var points = runs[i].Finite.Where(step => step.Cost > 0).Select(step => new Coordinates(step.Epoch, Math.Log10(step.Cost))).ToList();
        var every = 1 + (points.Count / 1000);
        var line = plot.Add.Scatter(points.Where((_, at) => at % every == 0 || at == points.Count - 1).ToArray(), Colour(i));
        Style(line, i);
        line.LegendText = Name(runs, i);

        if (runs[i].Steps.Count > runs[i].Finite.Count)
        {
            said.Add($"{Name(runs, i)}: {runs[i].Steps.Count - runs[i].Finite.Count} epochs with inf or nan are left out");
        }

        if (runs[i].Finite.Count > points.Count)
        {
            said.Add($"{Name(runs, i)}: {runs[i].Finite.Count - points.Count} epochs with cost 0 are left out (log scale)");
        }
    }

    Say(plot, said);
    plot.ShowLegend(runs.TrueForAll(run => run.Finite.Count == 0 || run.Finite[^1].Cost <= run.Finite[0].Cost) ? Alignment.UpperRight : Alignment.UpperLeft);
    return plot;
}

static Plot NewPlot(string title, string x, string y)
{
    var plot = new Plot();
    plot.Title(title, 16);
    plot.XLabel(x, 15);
    plot.YLabel(y, 15);
    plot.Axes.Bottom.TickLabelStyle.FontSize = plot.Axes.Left.TickLabelStyle.FontSize = 13;
    plot.Axes.Bottom.Label.Bold = plot.Axes.Left.Label.Bold = false;
    plot.Legend.FontSize = 13;
    return plot;
}

// What the picture leaves out stands under it, where it hides nothing.
static void Say(Plot plot, List<string> lines)
{
    if (lines.Count > 0)
    {
        plot.Axes.Bottom.Label.Text += $"\n{string.Join('\n', lines)}";
    }
}

// Runs that take the same steps lie on each other: a large open mark around a small full one shows both.
static void Style(ScottPlot.Plottables.Scatter scatter, int run)
{
    scatter.LineWidth = run % 2 == 0 ? 3 : 1.5f;
    scatter.MarkerShape = run % 2 == 0 ? MarkerShape.OpenCircle : MarkerShape.FilledCircle;
    scatter.MarkerSize = (run % 2 == 0 ? 11 : 5) * scatter.Data.GetScatterPoints().Count switch { > 200 => 0f, > 30 => 0.6f, _ => 1f };
    scatter.MarkerStyle.LineWidth = 2;
}

// Okabe and Ito's colours, which the colour-blind can tell apart.
static Color Colour(int run)
{
    string[] colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];
    return Color.FromHex(colours[run % colours.Length]);
}

// The program runs In [2] and In [3]; where a trace has other runs nothing says which cell they came from.
static string Name(List<Run> runs, int run) => runs.Count == 2 ? $"In [{run + 2}]" : $"run {run + 1}";

// Of a long run, only the steps that can be told from the one before.
static List<Step> Thinned(List<Step> steps, double reach)
{
    var kept = new List<Step>();
    foreach (var step in steps)
    {
        if (steps.Count <= 200 || kept.Count == 0 || Math.Abs(step.W - kept[^1].W) > reach / 500)
        {
            kept.Add(step);
        }
    }

    return kept;
}

static byte[] Render(Multiplot picture, string? title, bool svg)
{
    var top = title is null ? 0 : 36;
    using var stream = new MemoryStream();
    using var surface = SKSurface.Create(new SKImageInfo(Width, Height));
    // The first rendering measures the axes for the second.
    Paint(surface.Canvas);
    if (svg)
    {
        using var canvas = SKSvgCanvas.Create(new SKRect(0, 0, Width, Height), stream);
        Paint(canvas);
    }
    else
    {
        Paint(surface.Canvas);
        using var image = surface.Snapshot();
        using var png = image.Encode(SKEncodedImageFormat.Png, 100);
        png.SaveTo(stream);
    }

    return stream.ToArray();

    void Paint(SKCanvas canvas)
    {
        canvas.Clear(SKColors.White);
        canvas.Save();
        canvas.Translate(0, top);
        picture.Render(canvas, new PixelRect(0, Width, Height - top, 0));
        canvas.Restore();
        if (title is not null)
        {
            using var white = new SKPaint { Color = SKColors.White };
            using var paint = ScottPlot.Paint.NewDisposablePaint();
            canvas.DrawRect(0, 0, Width, top, white);
            var label = new LabelStyle { Text = Regex.Replace(title, @"\p{Cc}", " "), FontSize = 20, Bold = true, Alignment = Alignment.MiddleCenter };
            label.Render(canvas, new Pixel(Width / 2, top / 2), paint);
        }
    }
}

internal sealed record Step(int Epoch, double W, double Cost);

internal sealed record Run(List<Step> Steps)
{
    /// <summary>The steps that can be drawn.</summary>
    internal List<Step> Finite { get; } = [.. Steps.Where(step => double.IsFinite(step.W) && double.IsFinite(step.Cost))];
}

internal static partial class Program
{
    // The comma is missing in some notebooks.
    [GeneratedRegex(@"^Epoch +([0-9]{1,9})/[0-9]+ W: (nan|-?inf|-?[0-9.]+(?:e[-+][0-9]+)?),? Cost: (nan|inf|[0-9.]+(?:e[-+][0-9]+)?)\r?$")]
    private static partial Regex EpochLine();
}
