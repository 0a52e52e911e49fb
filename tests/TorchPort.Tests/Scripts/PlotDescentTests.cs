using System.Xml;
using System.Xml.Linq;
using System.Xml.XPath;

namespace TorchPort.Tests;

/// <summary>scripts/plot-descent.cs: what its pictures show, and what it refuses.</summary>
public class PlotDescentTests
{
    private const string Line = "Epoch    0/0 W: 0.000, Cost: 4.666667\n";
    private const string NoFontHasIt = "\U00012000";
    private const string Blue = "#0072B2";
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";
    private static readonly bool s_hasFont = !OperatingSystem.IsLinux() ||
        (new DirectoryInfo("/usr/share/fonts") is { Exists: true } fonts
        && fonts.EnumerateFiles("*.?tf", SearchOption.AllDirectories).Any());

    private readonly string _folder = TestProcess.CreateTempFolder();

    [Fact]
    public void Runs_that_lie_on_each_other_are_two_colours()
    {
        var trace = TestProcess.ReadData("recorded-output.txt").Replace(",", "", StringComparison.Ordinal).ReplaceLineEndings("\r\n");
        var picture = Svg("other lines\n" + trace, "In [2]");
        Assert.NotEmpty(picture.XPathSelectElements($"//*[@stroke='{Blue}'][@stroke-width=7]"));
        Assert.NotEmpty(picture.XPathSelectElements("//*[@stroke='#D55E00'][@stroke-width=3]"));
        string[] texts = ["In [2] (cost ends at 0)", "run 2 (cost ends at 0)", "W", "epoch"];
        Assert.All(texts, text => Assert.Contains(text, Texts(picture)));
    }

    [Fact]
    public void Steps_stand_on_the_curve_and_on_a_straight_line_and_the_first_have_their_numbers()
    {
        var picture = Svg(Trace(10, 0.1));
        var (curve, left, right) = (Places(picture, "gray")[0], Places(picture, Blue)[0], Places(picture, Blue)[1]);
        Assert.Equal((11, 11), (left.Length, right.Length));
        Assert.All(left, step => Assert.Equal(curve.MinBy(on => Math.Abs(on.X - step.X)).Y, step.Y, tolerance: 4));
        Assert.Equal(right[10].Y - right[5].Y, right[5].Y - right[0].Y, tolerance: 0.5);
        Assert.Equal(["0", "1", "2", "3"], Texts(picture, Blue));
    }

    // A picture drawn with another font has other margins.
    [Fact]
    public void The_picture_in_the_README_shows_these_steps()
    {
        var shown = Places(XDocument.Load(Path.Combine(TestProcess.RepositoryRoot, "scripts/descent.svg")), Blue).SelectMany(Shape);
        var drawn = Places(Svg(Trace(10, 0.1)), Blue).SelectMany(Shape);
        Assert.All(shown.Zip(drawn), pair => Assert.Equal(pair.First, pair.Second, tolerance: 0.01));

        static IEnumerable<double> Shape((double X, double Y)[] at) =>
            from step in at
            from share in new[] { (step.X - at[0].X) / (at[10].X - at[0].X), (step.Y - at[0].Y) / (at[10].Y - at[0].Y) }
            select share;
    }

    [Fact]
    public void A_long_run_is_thinned_and_keeps_its_first_steps()
    {
        var (few, many) = (Places(Svg(Trace(20, 1.0 / 7)), Blue), Places(Svg(Trace(100_000, 1.0 / 7)), Blue));
        Assert.Equal(few[0], many[0].Take(21));
        Assert.InRange(many.Sum(line => line.Length), 60, 3500);
    }

    [Fact]
    public void A_run_that_diverges_leads_out_of_the_picture_and_the_legend_has_room_to_say_where_to()
    {
        var picture = Svg(Trace(300, 0.2), new string('x', 60));
        var (left, right) = (Places(picture, Blue)[0], Places(picture, Blue)[1]);
        Assert.Contains($"{new string('x', 60)} (cost ends at Infinity)", Texts(picture));
        Assert.InRange(left[^1].Y, -5000, Places(picture, "gray")[0][0].Y - 1);
        Assert.InRange(right[^1].X - right[0].X, 250, 400);
    }

    [Fact]
    public void An_SVG_is_drawn_alike_by_every_browser()
    {
        var svg = Svg(Line).Root!;
        Assert.Equal($"0 0 {svg.Attribute("width")!.Value} {svg.Attribute("height")!.Value}", svg.Attribute("viewBox")?.Value);
        Assert.Equal("white", svg.Element(s_svg + "rect")!.Attribute("fill")?.Value);
        Assert.All(svg.Descendants(s_svg + "text"), text => Assert.DoesNotContain(',', text.Attribute("y")!.Value));
        Assert.All(svg.Descendants().Attributes("font-family"), font => Assert.Matches("^'.*', sans-serif$", font.Value));
    }

    [Fact]
    public void A_PNG_is_drawn_too_and_nothing_is_left_beside_it()
    {
        Draw(Line, "descent.PNG");
        Assert.Equal([In("descent.PNG")], Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("stdin has no epoch line", "", "descent.svg")]
    [InlineData("line 2 of the trace is damaged", Line + "Epoch    0/10 W: 0.0.0, Cost: 4.6\n", "descent.svg", NoFontHasIt)]
    [InlineData("the trace ends in the middle of a line", Line + "Epo", "descent.svg")]
    [InlineData("the trace has 7 runs. Draw 6 at most", Line + Line + Line + Line + Line + Line + Line, "descent.svg")]
    [InlineData("the trace has fewer runs (1) than there are names (2)", Line, "descent.svg", "one", NoFontHasIt)]
    [InlineData($"no font on this machine has all of 'W{NoFontHasIt}'", Line, "descent.svg", NoFontHasIt)]
    [InlineData("OUTPUT is missing", Line)]
    [InlineData("the folder of ", Line, "no-such-folder/descent.svg")]
    [InlineData("is a folder", Line, "folder.svg")]
    public void What_is_wrong_is_refused_and_the_picture_stays_as_it_was(string says, string trace, params string[] arguments)
    {
        Directory.CreateDirectory(In("folder.svg"));
        File.WriteAllText(In("descent.svg"), "as it was");
        Plot(trace, arguments).AssertFailed(2, says, lines: 1);
        Assert.Equal("as it was", File.ReadAllText(Assert.Single(Directory.GetFiles(_folder))));
    }

    [Fact]
    public void A_stream_that_fails_is_no_crash()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/dev/full is Linux's");
        string[] script = [TestProcess.DotNet, TestProcess.PlotDescent.Value];
        TestProcess.RunShell("\"$@\" descent.svg < /", script).AssertFailed(2, "plot-descent.cs: cannot read stdin: ", lines: 1);
        Assert.Equal(new ProcessResult(2, "", ""), TestProcess.RunShell("\"$@\" descent.jpg 2> /dev/full", script));
    }

    // A run of In [2], as --exact prints it.
    private static string Trace(int epochs, double lr) => string.Concat(Enumerable.Range(0, epochs + 1)
        .Select(epoch => (Epoch: epoch, Far: (float)-Math.Pow(1 - (14 * lr), epoch)))
        .Select(at => (FormattableString)$"Epoch {at.Epoch}/0 W: {1 + at.Far}, Cost: {14 / 3f * at.Far * at.Far}\n")
        .Select(line => line.ToString(new PythonFormat(exact: true))));

    private static HashSet<string> Texts(XDocument picture, string? colour = null) => [.. picture.Descendants(s_svg + "text")
        .Where(text => text.Attribute("fill")?.Value == colour).Select(text => text.Value.Trim())];

    // What the lines of a colour go through, in pixels: first the one of the left plot.
    private static (double X, double Y)[][] Places(XDocument picture, string colour) => [.. picture.Descendants(s_svg + "path")
        .Where(line => line.Attribute("stroke")?.Value == colour)
        .Select(line => line.Attribute("d")!.Value.Split('M', ' ', 'L')[1..].Select(XmlConvert.ToDouble).Chunk(2))
        .Select(places => places.Select(at => (at[0], at[1])).ToArray())];

    private string In(string name) => Path.Combine(_folder, name);

    private ProcessResult Plot(string trace, params string[] arguments) => TestProcess.RunWithInput(
        trace, TestProcess.DotNet, [TestProcess.PlotDescent.Value, .. arguments.Take(1).Select(In), .. arguments.Skip(1)]);

    private void Draw(string trace, params string[] arguments)
    {
        Assert.SkipUnless(s_hasFont, "there is no font on this machine");
        Assert.Equal(new ProcessResult(0, "", ""), Plot(trace, arguments));
    }

    private XDocument Svg(string trace, params string[] names)
    {
        Draw(trace, ["descent.svg", .. names]);
        return XDocument.Load(In("descent.svg"));
    }
}
