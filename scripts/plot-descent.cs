#!/usr/bin/env -S dotnet --
#:package ScottPlot
#:package System.CommandLine
#:property PublishAot=false

// Draws a trace of gradient descent, the port's stdout or the notebook's. See --help.
// In this order: the command line; reading a trace; the two plots; a run in a plot; the picture; what is said on stderr.

using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ScottPlot;
using ScottPlot.TickGenerators;
using SkiaSharp;

const string Usage = "dotnet run --project src/TorchPort -c Release -- --exact | scripts/plot-descent.cs descent.svg";
const int Width = 1000;
const int PlotHeight = 420;

var output = new Argument<string>("OUTPUT") { Description = "the picture to write: NAME.svg or NAME.png" };
var names = new Argument<string[]>("NAME")
{
    Description = "what to call the runs of the trace, in their order [default: run 1, run 2 ...]",
    Arity = ArgumentArity.ZeroOrMore,
};
var purpose = "Draws the trace on stdin: the cost over W with each run's steps on it, and the cost by epoch.";
var command = new Command("plot-descent.cs", $"{purpose}\n{Usage}") { output, names, new HelpOption() };
command.SetAction(options => Draw(options.GetValue(output)!, [.. options.GetValue(names)!.Select(Short).Select(Visible)]));

var configuration = new ParserConfiguration { ResponseFileTokenReplacer = null };
var parsed = command.Parse(args, configuration);
var unknownOption = parsed.Tokens
    .TakeWhile(token => token.Type != TokenType.DoubleDash)
    .FirstOrDefault(token => token.Type == TokenType.Argument && token.Value.StartsWith('-'));
if (unknownOption is not null)
{
    // An argument takes every word; a command without arguments refuses this one, and says what is like it.
    parsed = new Command(command.Name) { new HelpOption() }.Parse([unknownOption.Value], configuration);
}

try
{
    return parsed.Action is ParseErrorAction refusal
        ? Refuse(parsed, refusal)
        : parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (InvalidDataException e)
{
    Say($"plot-descent.cs: {e.Message}");
    return 2;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    Say($"plot-descent.cs: cannot read stdin, or not write to stdout: {e.Message}");
    return 2;
}

static int Draw(string path, string[] names)
{
    var ending = Path.GetExtension(path).ToUpperInvariant();
    Require(ending is ".SVG" or ".PNG", $"OUTPUT ends in .svg or .png, unlike '{path}'.");
    Require(Console.IsInputRedirected, $"reads a trace from stdin: {Usage}");
    Fonts.Default = FontWith($"W{string.Concat(names)}");

    using var stdin = new StreamReader(Console.OpenStandardInput());
    var runs = Read(Lines(stdin), names);
    using var left = OverW(runs);
    using var right = ByEpoch(runs);
    var picture = Picture(left, right, ending == ".SVG");

    // The file appears when it is whole.
    var part = path + ".part";
    try
    {
        File.WriteAllBytes(part, picture);
        File.Move(part, path, overwrite: true);
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
    {
        throw new InvalidDataException($"cannot write {path}: {e.Message}");
    }
    finally
    {
        if (File.Exists(part))
        {
            File.Delete(part);
        }
    }

    runs.ForEach(run => run.LeftOut.ForEach(Say));
    return 0;
}

static string FontWith(string letters)
{
    var fonts = SKFontManager.Default;
    string[] preferred = ["DejaVu Sans", "Open Sans", "Liberation Sans", "Arial", "Helvetica"];
    var font = preferred.Where(fonts.FontFamilies.Contains).Concat(fonts.FontFamilies)
        .FirstOrDefault(family => fonts.MatchFamily(family).ContainsGlyphs(letters));
    var cure = OperatingSystem.IsLinux() ? "apt-get install fonts-dejavu-core" : "DejaVu Sans, say";
    Require(font is not null, $"finds no font on this machine with all of '{Short(letters)}'. Install one: {cure}");
    return font!;
}

// The runs of a trace; a new one begins where the epochs start over. Lines that are no epoch lines are passed over.
static List<Run> Read(IEnumerable<string> lines, string[] names)
{
    var python = new NumberFormatInfo { NaNSymbol = "nan", PositiveInfinitySymbol = "inf", NegativeInfinitySymbol = "-inf" };
    var runs = new List<Run>();
    foreach (var (index, line) in lines.Index())
    {
        var text = line.Trim('\uFEFF', '\r', '\n');
        var words = EpochLine().Match(text).Groups;
        if (line.EndsWith('\n')
            && int.TryParse(words[1].Value, NumberStyles.None, python, out var epoch)
            && double.TryParse(words[2].Value, NumberStyles.Float, python, out var w)
            && double.TryParse(words[3].Value, NumberStyles.Float, python, out var cost))
        {
            if (runs.Count == 0 || epoch <= runs[^1].Steps[^1].Epoch)
            {
                var name = names.ElementAtOrDefault(runs.Count) ?? $"run {runs.Count + 1}";
                runs.Add(new(runs.Count, name, [], []));
            }

            runs[^1].Steps.Add(new(epoch, w, cost));
            continue;
        }

        var isWhole = line.EndsWith('\n') && !text.StartsWith("Epoch ", StringComparison.Ordinal);
        Require(isWhole, $"line {index + 1} of the trace is damaged or cut short: '{Short(text)}'");
    }

    Require(runs.Count > 0, $"no epoch line on stdin. {Usage}");
    Require(runs.Count <= Run.Looks, $"the trace has {runs.Count} runs; a picture tells {Run.Looks} apart. Draw fewer.");
    Require(names.Length <= runs.Count, $"there are {names.Length} names for {runs.Count} run(s).");
    return runs;
}

// Unlike ReadLine, it keeps the line end: a line without one was cut short.
static IEnumerable<string> Lines(StreamReader trace)
{
    var line = new StringBuilder();
    while (!trace.EndOfStream)
    {
        var next = (char)trace.Read();
        line.Append(next);
        if (next == '\n' || trace.EndOfStream)
        {
            yield return line.ToString();
            line.Clear();
        }
    }
}

// The cost as a function of W for the notebook's data, and the steps on it.
static Plot OverW(List<Run> runs)
{
    var plot = NewPlot("Down the cost curve", "W", "cost");

    // A run that converges has its widest steps first; of one that diverges the later steps would leave nothing else to see.
    var first = runs.SelectMany(run => run.Steps.Where(IsFinite).Take(6));
    var reach = 1.15 * first.Select(step => Math.Abs(step.W - 1)).Append(1).Max();
    var top = Cost(1 + reach);
    var curve = Generate.Range(1 - reach, 1 + reach, reach / 100);
    plot.Add.ScatterLine(curve, [.. curve.Select(Cost)], Colors.Gray).LegendText = "cost of W";
    plot.Axes.SetLimits(1 - reach, 1 + reach, -0.08 * top, top);
    var numbered = new List<Step>();
    foreach (var run in runs)
    {
        Add(plot, runs, run, step => IsInside(step) ? new(step.W, step.Cost) : Coordinates.NaN);
        run.LeaveOut("steps outside the left picture", step => IsFinite(step) && !IsInside(step));

        // The first steps have their numbers, below the curve, where no other number stands.
        foreach (var step in run.Steps.Take(4).Where(step => IsInside(step) && !numbered.Exists(other => IsNear(step, other))))
        {
            numbered.Add(step);
            var number = plot.Add.Text(step.Epoch.ToString(CultureInfo.InvariantCulture), step.W, step.Cost);
            number.LabelFontSize = 13;
            number.LabelFontColor = run.Colour;
            number.LabelAlignment = step.W < 1 ? Alignment.UpperRight : Alignment.UpperLeft;
            number.OffsetX = step.W < 1 ? -8 : 8;
            number.OffsetY = 4;
        }
    }

    return plot;

    bool IsInside(Step step) => Math.Abs(step.W - 1) <= reach && step.Cost <= top;

    bool IsNear(Step one, Step other) => Math.Abs(one.W - other.W) < 0.08 * reach && Math.Abs(one.Cost - other.Cost) < 0.06 * top;

    // mean((x * W - y) ** 2) over the points (1, 1), (2, 2), (3, 3)
    static double Cost(double w) => 14.0 / 3 * (w - 1) * (w - 1);
}

static Plot ByEpoch(List<Run> runs)
{
    var plot = NewPlot("Cost by epoch", "epoch", "cost (log scale)");
    plot.Axes.Bottom.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true };
    plot.Axes.Left.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true, LabelFormatter = PowerOfTen };

    // Whole powers of ten: two of them have their labels, however little the cost changes.
    var shown = runs.SelectMany(run => run.Steps).Where(HasLogarithm).DefaultIfEmpty(new(0, 0, 1)).ToList();
    var first = shown.Min(step => step.Epoch);
    var last = Math.Max(shown.Max(step => step.Epoch), first + 1);
    var bottom = Math.Floor(Math.Log10(shown.Min(step => step.Cost)));
    var top = Math.Max(Math.Ceiling(Math.Log10(shown.Max(step => step.Cost))), bottom + 1);
    plot.Axes.SetLimits(new AxisLimits(first, last, bottom, top).WithZoom(0.94, 0.94));
    foreach (var run in runs)
    {
        Add(plot, runs, run, step => HasLogarithm(step) ? new(step.Epoch, Math.Log10(step.Cost)) : Coordinates.NaN);
        run.LeaveOut("epochs with inf or nan, left out", step => !IsFinite(step));
        run.LeaveOut("epochs with cost 0, left out of the log scale", step => IsFinite(step) && step.Cost <= 0);
    }

    return plot;

    static bool HasLogarithm(Step step) => IsFinite(step) && step.Cost > 0;

    static string PowerOfTen(double exponent) => exponent is > -3 and < 5
        ? Math.Pow(10, exponent).ToString("0.##", CultureInfo.InvariantCulture)
        : $"1e{exponent:0}";
}

static Plot NewPlot(string title, string x, string y)
{
    var plot = new Plot();
    plot.RenderManager.ClearCanvasBeforeEachRender = false;
    plot.Title(title, 16);
    plot.XLabel(x, 15);
    plot.YLabel(y, 15);
    foreach (IAxis axis in new IAxis[] { plot.Axes.Bottom, plot.Axes.Left })
    {
        axis.Label.Bold = false;
        axis.TickLabelStyle.FontSize = 13;
        axis.MinorTickStyle.Color = Colors.Transparent;
        axis.TickGenerator = new NumericAutomatic { LabelFormatter = Label };
    }

    plot.Axes.Right.MinimumSize = 40;
    plot.HideLegend();
    plot.Legend.Orientation = Orientation.Horizontal;
    plot.Legend.TightHorizontalWrapping = true;
    plot.Legend.FontSize = 13;
    plot.Legend.OutlineWidth = 0;
    plot.Legend.ShadowColor = Colors.Transparent;
    return plot;

    static string Label(double number) =>
        Math.Abs(number) < 1e6 ? LabelFormatters.Numeric(number) : number.ToString("0.##e0", CultureInfo.InvariantCulture);
}

// A line through all steps, and marks on about twenty: every one of an odd number, so that steps to and fro stay to and fro.
static void Add(Plot plot, List<Run> runs, Run run, Func<Step, Coordinates> place)
{
    var path = WhatCanBeSeen(run.Steps.Select(place), plot.Axes.GetLimits());
    var every = (path.Count / 20) | 1;
    var marks = path.Where((step, index) => index % every == 0 && !double.IsNaN(step.X)).ToArray();

    // Runs may lie on each other: the earlier is the wider, so that its colour stands out on both sides.
    var border = Math.Min(4, 6f / Math.Max(1, runs.Count - 1));
    var width = 3 + (border * (runs.Count - 1 - run.Index));
    var line = plot.Add.ScatterLine(path, run.Colour);
    line.LineWidth = width;
    line.LineStyle.Rounded = true;
    plot.Add.Markers(marks, run.Shape, width + 4, run.Colour).LegendText = run.Name;
}

// The first steps, and of the others those that take a way from pixel to pixel that none has taken.
static List<Coordinates> WhatCanBeSeen(IEnumerable<Coordinates> steps, AxisLimits limits)
{
    var path = new List<Coordinates>();
    var ways = new HashSet<((double, double) From, (double, double) To)>();
    var before = Coordinates.NaN;
    foreach (var step in steps)
    {
        var way = (From: PixelOf(before), To: PixelOf(step));
        var isNew = !way.From.Equals(way.To) && ways.Add(way);
        if (isNew && path.Count > 0 && !PixelOf(path[^1]).Equals(way.From))
        {
            path.AddRange(Coordinates.NaN, before);
        }

        if (isNew || path.Count < 30)
        {
            path.Add(step);
        }

        before = step;
    }

    return path;

    (double X, double Y) PixelOf(Coordinates step) => (
        Math.Round(step.X / limits.HorizontalSpan * Width / 2),
        Math.Round(step.Y / limits.VerticalSpan * PlotHeight));
}

static byte[] Picture(Plot left, Plot right, bool isSvg)
{
    // A plot draws itself twice, the first time that it does.
    left.RenderInMemory(Width / 2, PlotHeight);
    right.RenderInMemory(Width / 2, PlotHeight);

    using var paint = Paint.NewDisposablePaint();
    var height = PlotHeight + (int)left.Legend.GetLayout(new PixelSize(Width, 2000), paint).LegendRect.Height;
    if (isSvg)
    {
        using var stream = new MemoryStream();
        using (var canvas = SKSvgCanvas.Create(new SKRect(0, 0, Width, height), stream))
        {
            Render(canvas);
        }

        return Scalable(stream.ToArray());
    }

    using var surface = SKSurface.Create(new SKImageInfo(Width, height));
    Render(surface.Canvas);
    using var image = surface.Snapshot();
    using var png = image.Encode(SKEncodedImageFormat.Png, 100);
    return png.ToArray();

    void Render(SKCanvas canvas)
    {
        canvas.Clear(SKColors.White);
        left.Render(canvas, new PixelRect(0, Width / 2, PlotHeight, 0));
        right.Render(canvas, new PixelRect(Width / 2, Width, PlotHeight, 0));
        left.Legend.Render(canvas, paint, new PixelRect(0, Width, height, PlotHeight), Alignment.UpperCenter);
    }
}

// Skia leaves out the view box and a fallback font. It adds a trailing comma, which Firefox refuses, and with some fonts a
// control character for a space.
static byte[] Scalable(byte[] picture)
{
    var text = Encoding.UTF8.GetString(picture).Select(letter => letter is < ' ' and not '\n' and not '\t' ? ' ' : letter);
    var svg = XElement.Parse(string.Concat(text));
    svg.SetAttributeValue("viewBox", $"0 0 {svg.Attribute("width")!.Value} {svg.Attribute("height")!.Value}");
    foreach (var attribute in svg.Descendants(svg.Name.Namespace + "text").Attributes())
    {
        attribute.Value = attribute.Name == "font-family" ? $"'{Fonts.Default}', sans-serif" : attribute.Value.TrimEnd(',', ' ');
    }

    return Encoding.UTF8.GetBytes(svg.ToString());
}

static void Require(bool holds, string otherwise)
{
    if (!holds)
    {
        throw new InvalidDataException(otherwise);
    }
}

static int Refuse(ParseResult parsed, ParseErrorAction refusal)
{
    refusal.ShowHelp = false;
    refusal.ShowTypoCorrections = true;
    using var error = new StringWriter();
    parsed.Invoke(new InvocationConfiguration { Output = error, Error = error });
    string[] lines = [.. error.ToString().Split('\n').Where(line => line.Length > 0), Usage];
    lines.Take(3).ToList().ForEach(Say);
    return 2;
}

// A stderr that is closed or full changes nothing else.
static void Say(string line)
{
    try
    {
        Console.Error.Write($"{Visible(line)}\n");
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
    {
    }
}

static string Short(string text) => text.Length > 70 ? $"{text[..70]}..." : text;

// A terminal would obey what is invisible, and an SVG has no place for it.
static string Visible(string text) => Invisible().Replace(text, match => match.Value[0] < ' '
    ? $"{(char)('\u2400' + match.Value[0])}"
    : $"\\u{(int)match.Value[0]:X4}");

static bool IsFinite(Step step) => double.IsFinite(step.W) && double.IsFinite(step.Cost);

internal sealed record Step(int Epoch, double W, double Cost);

internal sealed record Run(int Index, string Name, List<Step> Steps, List<string> LeftOut)
{
    // Okabe and Ito's colours, which the colour-blind can tell apart.
    private static readonly string[] s_colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];
    private static readonly MarkerShape[] s_shapes =
        [MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond];

    public static int Looks => s_colours.Length * s_shapes.Length;

    public Color Colour => Color.FromHex(s_colours[Index % s_colours.Length]);

    public MarkerShape Shape => s_shapes[Index / s_colours.Length];

    public void LeaveOut(string what, Func<Step, bool> isLeftOut)
    {
        var count = Steps.Count(isLeftOut);
        if (count > 0)
        {
            LeftOut.Add($"{Name}: {what}: {count}");
        }
    }
}

internal static partial class Program
{
    // The comma is missing in some notebooks.
    [GeneratedRegex("^Epoch +([0-9]+)/[0-9]+ W: ([^ ,]+),? Cost: ([^ ]+)$")]
    private static partial Regex EpochLine();

    [GeneratedRegex(@"[\p{Cc}\p{Cf}\p{Cn}\p{Zl}\p{Zp}]")]
    private static partial Regex Invisible();
}
