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

const string Usage = "dotnet run --project src/TorchPort -c Release -- --exact | dotnet run scripts/plot-descent.cs -- descent.svg";
const int Width = 1000, Height = 420;

var output = new Argument<string>("OUTPUT") { Description = "the picture to write: NAME.svg or NAME.png" };
var names = new Argument<string[]>("NAME") { Description = "what to call the runs of the trace, in their order [default: run 1, run 2 ...]", Arity = ArgumentArity.ZeroOrMore };
var command = new Command("plot-descent.cs", $"Draws the trace on stdin: the cost over W with each run's steps on it, and the cost by epoch.\n{Usage}") { output, names, new HelpOption() };
command.SetAction(options => Draw(options.GetValue(output)!, options.GetValue(names)!));
Console.Error.NewLine = "\n";

try
{
    var parsed = command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
    return parsed.Action is ParseErrorAction ? Trouble($"{parsed.Errors[0].Message} {Usage}") : parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
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

static int Draw(string path, string[] names)
{
    var svg = Path.GetExtension(path).Equals(".svg", StringComparison.OrdinalIgnoreCase);
    if (!svg && !Path.GetExtension(path).Equals(".png", StringComparison.OrdinalIgnoreCase))
    {
        throw new InvalidDataException($"OUTPUT ends in .svg or .png, unlike '{path}'.");
    }

    if (!Console.IsInputRedirected)
    {
        throw new InvalidDataException($"reads a trace from stdin: {Usage}");
    }

    if (!SKTypeface.Default.ContainsGlyph('W'))
    {
        throw new InvalidDataException($"finds no font on this machine. Install one: {(OperatingSystem.IsLinux() ? "apt-get install fonts-dejavu-core" : "DejaVu Sans, say")}");
    }

    Fonts.Default = new[] { "Open Sans", "DejaVu Sans", "Liberation Sans", "Arial", "Helvetica" }.FirstOrDefault(SKFontManager.Default.FontFamilies.Contains) ?? Fonts.Default;

    using var stdin = new StreamReader(Console.OpenStandardInput());
    var runs = Read(stdin.ReadToEnd(), names);
    using var left = OverW(runs);
    using var right = ByEpoch(runs);
    var picture = new Multiplot(left);
    picture.AddPlot(right);
    picture.Layout = new ScottPlot.MultiplotLayouts.Columns();
    var bytes = Render(picture, svg);

    // The file appears when it is whole.
    try
    {
        File.WriteAllBytes(path + ".part", bytes);
        File.Move(path + ".part", path, overwrite: true);
        runs.ForEach(run => run.LeftOut.ForEach(Console.Error.WriteLine));
        return 0;
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
    {
        throw new InvalidDataException($"cannot write {path}: {e.Message}");
    }
    finally
    {
        if (File.Exists(path + ".part"))
        {
            File.Delete(path + ".part");
        }
    }
}

// The runs of a trace; a new one begins at epoch 0. Lines that are no epoch lines are passed over.
static List<Run> Read(string text, string[] names)
{
    var python = new NumberFormatInfo { NaNSymbol = "nan", PositiveInfinitySymbol = "inf", NegativeInfinitySymbol = "-inf" };
    var runs = new List<Run>();
    var lines = text.Split('\n');
    for (var i = 0; i < lines.Length; i++)
    {
        var line = lines[i].Trim('\uFEFF', '\r');
        var words = EpochLine().Match(line).Groups;
        // Behind the last line end stands nothing, if the trace is whole.
        if (i < lines.Length - 1
            && int.TryParse(words[1].Value, NumberStyles.None, python, out var epoch)
            && double.TryParse(words[2].Value, NumberStyles.Float, python, out var w)
            && double.TryParse(words[3].Value, NumberStyles.Float, python, out var cost))
        {
            if (epoch == 0 || runs.Count == 0)
            {
                runs.Add(new(runs.Count, names.ElementAtOrDefault(runs.Count) ?? $"run {runs.Count + 1}", [], []));
            }

            runs[^1].Steps.Add(new(epoch, w, cost));
        }
        else if (line.StartsWith("Epoch ", StringComparison.Ordinal) || (i == lines.Length - 1 && line.Length > 0))
        {
            throw new InvalidDataException($"line {i + 1} of the trace is damaged or cut short: '{line}'");
        }
    }

    return runs.Count == 0 ? throw new InvalidDataException($"no epoch line on stdin. {Usage}")
        : names.Length > runs.Count ? throw new InvalidDataException($"there are {names.Length} names for {runs.Count} run(s).")
        : runs;
}

// The cost as a function of W for the notebook's data, and the steps on it.
static Plot OverW(List<Run> runs)
{
    var plot = NewPlot("Down the cost curve", "W", "cost");

    // A run that converges has its widest steps first; of one that diverges the later steps would leave nothing else to see.
    var reach = 1.15 * runs.SelectMany(run => run.Steps.Where(IsFinite).Take(6)).Select(step => Math.Abs(step.W - 1)).Append(1).Max();
    var curve = Generate.Range(1 - reach, 1 + reach, reach / 100);
    plot.Add.ScatterLine(curve, [.. curve.Select(Cost)], Colors.Gray).LegendText = "cost of W";
    plot.Axes.SetLimits(1 - reach, 1 + reach, -0.06 * Cost(1 + reach), Cost(1 + reach));
    foreach (var run in runs)
    {
        Add(plot, run, [.. run.Steps.Where(Inside)], step => new(step.W, step.Cost));
        LeaveOut(run, run.Steps.Count(step => IsFinite(step) && !Inside(step)), "steps lie outside the left picture");
    }

    // The first steps have their numbers, where no other number stands.
    var numbered = new List<Step>();
    foreach (var step in runs.SelectMany(run => run.Steps.Take(4)).Where(step => Inside(step) && numbered.TrueForAll(other => Math.Abs(other.W - step.W) > 0.09 * reach || Math.Abs(other.Cost - step.Cost) > 0.09 * Cost(1 + reach))))
    {
        numbered.Add(step);
        var number = plot.Add.Text(step.Epoch.ToString(CultureInfo.InvariantCulture), step.W, step.Cost).LabelStyle;
        (number.FontSize, number.Alignment, number.OffsetX) = (13, step.W < 1 ? Alignment.MiddleRight : Alignment.MiddleLeft, step.W < 1 ? -9 : 9);
    }

    plot.ShowLegend(Alignment.UpperCenter);
    return plot;

    bool Inside(Step step) => Math.Abs(step.W - 1) <= reach && step.Cost <= Cost(1 + reach);

    // mean((x * W - y) ** 2) over the points (1, 1), (2, 2), (3, 3)
    static double Cost(double w) => 14.0 / 3 * (w - 1) * (w - 1);
}

static Plot ByEpoch(List<Run> runs)
{
    var plot = NewPlot("Cost by epoch", "epoch", "cost (log scale)");
    plot.Axes.Bottom.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true };
    plot.Axes.Left.TickGenerator = new NumericAutomatic
    {
        IntegerTicksOnly = true,
        LabelFormatter = exponent => exponent is > -3 and < 5 ? Math.Pow(10, exponent).ToString("0.##", CultureInfo.InvariantCulture) : $"1e{exponent:0}",
    };
    foreach (var run in runs)
    {
        Add(plot, run, [.. run.Steps.Where(step => IsFinite(step) && step.Cost > 0)], step => new(step.Epoch, Math.Log10(step.Cost)));
        LeaveOut(run, run.Steps.Count(step => !IsFinite(step)), "epochs with inf or nan are left out");
        LeaveOut(run, run.Steps.Count(step => step.Cost == 0), "epochs with cost 0 are left out of the log scale");
    }

    var falls = runs.TrueForAll(run => run.Steps[^1].Cost <= run.Steps[0].Cost);
    plot.ShowLegend(falls ? Alignment.UpperRight : Alignment.UpperLeft);
    return plot;
}

static Plot NewPlot(string title, string x, string y)
{
    var plot = new Plot();
    plot.Title(title, 16);
    plot.XLabel(x, 15);
    plot.YLabel(y, 15);
    plot.Legend.FontSize = plot.Axes.Bottom.TickLabelStyle.FontSize = plot.Axes.Left.TickLabelStyle.FontSize = 13;
    plot.Axes.Bottom.Label.Bold = plot.Axes.Left.Label.Bold = false;
    return plot;
}

// Of a long run about a thousand steps: every one of an odd number, so that steps to and fro stay to and fro. Runs that take the
// same steps lie on each other: a large open mark around a small full one shows both.
static void Add(Plot plot, Run run, List<Step> steps, Func<Step, Coordinates> place)
{
    // Okabe and Ito's colours, which the colour-blind can tell apart.
    string[] colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];
    var every = (steps.Count / 1000) | 1;
    var line = plot.Add.Scatter(steps.Where((_, i) => i % every == 0 || i == steps.Count - 1).Select(place).ToArray(), Color.FromHex(colours[run.Index % colours.Length]));
    var large = run.Index % 2 == 0;
    line.LegendText = run.Name;
    line.LineWidth = large ? 3 : 1.5f;
    line.MarkerShape = large ? MarkerShape.OpenCircle : MarkerShape.FilledCircle;
    line.MarkerSize = (large ? 11 : 5) * steps.Count switch { > 200 => 0f, > 30 => 0.6f, _ => 1f };
    line.MarkerStyle.LineWidth = 2;
}

static void LeaveOut(Run run, int count, string what)
{
    if (count > 0)
    {
        run.LeftOut.Add($"{run.Name}: {count} {what}");
    }
}

static bool IsFinite(Step step) => double.IsFinite(step.W) && double.IsFinite(step.Cost);

static byte[] Render(Multiplot picture, bool svg)
{
    var all = new PixelRect(0, Width, Height, 0);
    using var surface = SKSurface.Create(new SKImageInfo(Width, Height));
    surface.Canvas.Clear(SKColors.White);
    // The first rendering measures the axes for the second.
    picture.Render(surface.Canvas, all);
    if (!svg)
    {
        picture.Render(surface.Canvas, all);
        using var image = surface.Snapshot();
        using var png = image.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    using var stream = new MemoryStream();
    using (var canvas = SKSvgCanvas.Create(new SKRect(0, 0, Width, Height), stream))
    {
        picture.Render(canvas, all);
    }

    return stream.ToArray();
}

internal sealed record Run(int Index, string Name, List<Step> Steps, List<string> LeftOut);

internal sealed record Step(int Epoch, double W, double Cost);

internal static partial class Program
{
    // The comma is missing in some notebooks.
    [GeneratedRegex("^Epoch +([0-9]+)/[0-9]+ W: ([^ ,]+),? Cost: ([^ ]+)$")]
    private static partial Regex EpochLine();
}
