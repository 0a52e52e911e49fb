using System.Xml;
using System.Xml.Linq;
using System.Xml.XPath;

namespace TorchPort.Tests;

/// <summary>scripts/plot-descent.cs: its plots and its errors.</summary>
public class PlotDescentTests
{
    private const string Line = "Epoch    0/0 W: 0.000, Cost: 4.666667\n";
    private const string Cuneiform = "\U00012000";
    private const string Blue = "#0072B2";
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";
    private static readonly bool s_hasFont = !OperatingSystem.IsLinux() ||
        (new DirectoryInfo("/usr/share/fonts") is { Exists: true } fonts
        && fonts.EnumerateFiles("*.?tf", SearchOption.AllDirectories).Any());

    private readonly string _folder = TestProcess.CreateTempFolder();

    [Fact]
    public void Overlapping_runs_are_both_visible()
    {
        var trace = TestProcess.ReadData("recorded-output.txt").Replace(",", "", StringComparison.Ordinal);
        var picture = DrawSvg("other lines\n" + trace.ReplaceLineEndings("\r\n"), "In [2]");
        Assert.NotEmpty(picture.XPathSelectElements($"//*[@stroke='{Blue}'][@stroke-width=7]"));
        Assert.NotEmpty(picture.XPathSelectElements("//*[@stroke='#D55E00'][@stroke-width=3]"));
        string[] texts = ["In [2] (cost ends at 0)", "run 2 (cost ends at 0)", "W", "epoch"];
        Assert.All(texts, text => Assert.Contains(text, GetTexts(picture)));
    }

    [Fact]
    public void Steps_lie_on_curve_and_line_and_the_first_are_numbered()
    {
        var picture = DrawSvg(CreateTrace(10, 0.1));
        var curve = GetVertices(picture, "gray")[0];
        var (left, right) = (GetVertices(picture, Blue)[0], GetVertices(picture, Blue)[1]);
        Assert.Equal((11, 11), (left.Length, right.Length));
        Assert.All(left, step => Assert.Equal(curve.MinBy(point => Math.Abs(point.X - step.X)).Y, step.Y, tolerance: 4));
        Assert.Equal(right[10].Y - right[5].Y, right[5].Y - right[0].Y, tolerance: 0.5);
        Assert.Equal(["0", "1", "2", "3"], GetTexts(picture, Blue));
    }

    // The margins depend on the font, so compare positions relative to the first and last step.
    [Fact]
    public void README_picture_shows_these_steps()
    {
        var picture = XDocument.Load(Path.Combine(TestProcess.RepositoryRoot, "scripts/descent.svg"));
        var published = GetVertices(picture, Blue).SelectMany(Normalize);
        var drawn = GetVertices(DrawSvg(CreateTrace(10, 0.1)), Blue).SelectMany(Normalize);
        Assert.All(published.Zip(drawn), pair => Assert.Equal(pair.First, pair.Second, tolerance: 0.01));

        static IEnumerable<double> Normalize((double X, double Y)[] steps) => steps.SelectMany(step => new[]
        {
            (step.X - steps[0].X) / (steps[10].X - steps[0].X),
            (step.Y - steps[0].Y) / (steps[10].Y - steps[0].Y),
        });
    }

    [Fact]
    public void Long_run_is_thinned_and_keeps_its_first_steps()
    {
        var shortRun = GetVertices(DrawSvg(CreateTrace(20, 1.0 / 7)), Blue);
        var longRun = GetVertices(DrawSvg(CreateTrace(100_000, 1.0 / 7)), Blue);
        Assert.Equal(shortRun[0], longRun[0].Take(21));
        Assert.InRange(longRun.Sum(line => line.Length), 60, 3500);
    }

    [Fact]
    public void Diverging_run_leaves_the_plot_and_legend_shows_its_final_cost()
    {
        var picture = DrawSvg(CreateTrace(300, 0.2), new string('x', 60));
        var (left, right) = (GetVertices(picture, Blue)[0], GetVertices(picture, Blue)[1]);
        Assert.Contains($"{new string('x', 60)} (cost ends at Infinity)", GetTexts(picture));
        Assert.InRange(left[^1].Y, -5000, GetVertices(picture, "gray")[0][0].Y - 1);
        Assert.InRange(right[^1].X - right[0].X, 250, 400);
    }

    [Fact]
    public void SVG_renders_the_same_in_every_browser()
    {
        var svg = DrawSvg(Line).Root!;
        Assert.Equal($"0 0 {svg.Attribute("width")!.Value} {svg.Attribute("height")!.Value}", svg.Attribute("viewBox")?.Value);
        Assert.Equal("white", svg.Element(s_svg + "rect")!.Attribute("fill")?.Value);
        Assert.All(svg.Descendants(s_svg + "text"), text => Assert.DoesNotContain(',', text.Attribute("y")!.Value));
        Assert.All(svg.Descendants().Attributes("font-family"), font => Assert.Matches("^'.*', sans-serif$", font.Value));
    }

    [Fact]
    public void PNG_output_leaves_no_other_files()
    {
        Draw(Line, "descent.PNG");
        Assert.Equal([GetPath("descent.PNG")], Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("stdin has no epoch lines", "", "descent.svg")]
    [InlineData("line 2 of the input is malformed", Line + "Epoch    0/10 W: 0.0.0, Cost: 4.6\n", "descent.svg", Cuneiform)]
    [InlineData("the input ends mid-line", Line + "Epo", "descent.svg")]
    [InlineData("the input has 7 runs. The maximum is 6", Line + Line + Line + Line + Line + Line + Line, "descent.svg")]
    [InlineData("the input has fewer runs (1) than names (2)", Line, "descent.svg", "one", Cuneiform)]
    [InlineData($"no installed font has all of 'W{Cuneiform}'", Line, "descent.svg", Cuneiform)]
    [InlineData("OUTPUT is missing", Line)]
    [InlineData("the folder of ", Line, "no-such-folder/descent.svg")]
    [InlineData("is a folder", Line, "folder.svg")]
    public void Invalid_input_is_rejected_and_output_file_is_unchanged(string expected, string trace, params string[] arguments)
    {
        Directory.CreateDirectory(GetPath("folder.svg"));
        File.WriteAllText(GetPath("descent.svg"), "unchanged");
        Plot(trace, arguments).AssertFailed(2, expected, lines: 1);
        Assert.Equal("unchanged", File.ReadAllText(Assert.Single(Directory.GetFiles(_folder))));
    }

    [Fact]
    public void Stream_errors_do_not_crash()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "requires /dev/full");
        string[] script = [TestProcess.DotNet, TestProcess.PlotDescent.Value];
        TestProcess.RunShell("\"$@\" descent.svg < /", script).AssertFailed(2, "plot-descent.cs: cannot read stdin: ", lines: 1);
        Assert.Equal(new ProcessResult(2, "", ""), TestProcess.RunShell("\"$@\" descent.jpg 2> /dev/full", script));
    }

    // Returns a run of In [2] as --exact prints it.
    private static string CreateTrace(int epochs, double lr) => string.Concat(Enumerable.Range(0, epochs + 1).Select(epoch =>
    {
        var error = (float)-Math.Pow(1 - (14 * lr), epoch);
        FormattableString line = $"Epoch {epoch}/0 W: {1 + error}, Cost: {14 / 3f * error * error}\n";
        return line.ToString(new PythonFormat(exact: true));
    }));

    private static HashSet<string> GetTexts(XDocument picture, string? colour = null) => [.. picture.Descendants(s_svg + "text")
        .Where(text => text.Attribute("fill")?.Value == colour).Select(text => text.Value.Trim())];

    // Returns the vertices, in pixels, of the lines of a colour: the left plot's first.
    private static (double X, double Y)[][] GetVertices(XDocument picture, string colour) =>
        [.. picture.XPathSelectElements($"//*[@d][@stroke='{colour}']").Select(path => ParsePath(path.Attribute("d")!.Value))];

    private static (double X, double Y)[] ParsePath(string path) =>
        [.. path.Split('M', ' ', 'L')[1..].Select(XmlConvert.ToDouble).Chunk(2).Select(pair => (pair[0], pair[1]))];

    private string GetPath(string name) => Path.Combine(_folder, name);

    private ProcessResult Plot(string trace, params string[] arguments) => TestProcess.RunWithInput(trace, TestProcess.DotNet,
        [TestProcess.PlotDescent.Value, .. arguments.Take(1).Select(GetPath), .. arguments.Skip(1)]);

    private void Draw(string trace, params string[] arguments)
    {
        Assert.SkipUnless(s_hasFont, "requires a font");
        Assert.Equal(new ProcessResult(0, "", ""), Plot(trace, arguments));
    }

    private XDocument DrawSvg(string trace, params string[] names)
    {
        Draw(trace, ["descent.svg", .. names]);
        return XDocument.Load(GetPath("descent.svg"));
    }
}
