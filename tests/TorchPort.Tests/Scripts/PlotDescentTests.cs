using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace TorchPort.Tests;

/// <summary>scripts/plot-descent.cs, run on what the port prints.</summary>
public sealed class PlotDescentTests : IDisposable
{
    private const string Line = "Epoch    0/0 W: 0.000, Cost: 4.666667\n";
    private const string Blue = "#0072B2";
    private const string Orange = "#D55E00";
    private const int PlotHeight = 420;
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void It_starts_by_its_name()
    {
        var script = Path.Combine(Start.Repository, "scripts/plot-descent.cs");

        Assert.Equal("#!/usr/bin/env -S dotnet --", File.ReadLines(script).First());
        if (!OperatingSystem.IsWindows())
        {
            Assert.True(File.GetUnixFileMode(script).HasFlag(UnixFileMode.UserExecute));
        }
    }

    [Fact]
    public void Draws_the_steps_of_both_cells()
    {
        var (picture, said) = Svg(Trace("--exact"), "In [2]", "In [3]");

        // Eleven on the curve, eleven on the log scale, and one in the legend.
        Assert.Equal((23, 23), (Marks(picture, Blue).Length, Marks(picture, Orange).Length));
        Assert.All(["W", "cost", "epoch", "cost (log scale)", "0.1", "1e-3"], label => Assert.Contains(label, Texts(picture)));
        Assert.Empty(said);
    }

    [Fact]
    public void The_same_trace_is_the_same_picture()
    {
        var trace = Trace("--exact");

        Assert.Equal(0, Plot(trace, "one.svg").ExitCode);
        Assert.Equal(0, Plot(trace, "other.svg").ExitCode);
        Assert.Equal(File.ReadAllBytes(In("one.svg")), File.ReadAllBytes(In("other.svg")));
    }

    [Theory]
    [InlineData("2000")]
    [InlineData("100000")]
    public void A_long_run_has_its_first_steps_and_its_last(string epochs)
    {
        var ten = Lines(Svg(Trace("--cell", "2", "--exact")).Picture, Blue)[0];
        var picture = Svg(Trace("--cell", "2", "--exact", "--epochs", epochs)).Picture;
        var slow = Svg(Trace("--cell", "2", "--exact", "--epochs", epochs, "--lr", "0.001")).Picture;

        Assert.Equal(ten, Lines(picture, Blue)[0].Take(ten.Length));
        // The right plot ends at x = 960.
        Assert.InRange(Lines(slow, Blue)[1][^1].X, 930, 960);
        Assert.InRange(Lines(slow, Blue)[0].Length, 100, 2000);
    }

    [Fact]
    public void A_long_run_to_and_fro_is_drawn_once()
    {
        var picture = Svg(Trace("--cell", "2", "--exact", "--epochs", "100000", "--lr", "0.142857142857")).Picture;

        Assert.InRange(Lines(picture, Blue).Sum(line => line.Length), 30, 1000);
    }

    [Fact]
    public void Every_step_of_a_line_stands_where_it_was_taken()
    {
        // To and fro between 1 and 2, a way that is not drawn for long, and then from 2 to 0.5.
        var places = Enumerable.Range(0, 81).Select(epoch => epoch % 2 == 0 ? "2.0" : "1.0").Append("0.5");
        var trace = string.Concat(places.Select((w, epoch) => $"Epoch {epoch}/81 W: {w}, Cost: 1.0\n"));
        var path = Lines(Svg(trace).Picture, Blue)[0];

        Assert.True(path.Length < 40);
        Assert.Equal(path[0], path[^2]);
    }

    [Fact]
    public void The_ground_is_white_at_every_width()
    {
        var svg = Svg(Line).Picture.Root!;
        var size = (svg.Attribute("width")!.Value, svg.Attribute("height")!.Value);
        var ground = svg.Elements().First();

        Assert.Equal($"0 0 {size.Item1} {size.Item2}", svg.Attribute("viewBox")?.Value);
        Assert.Equal(("rect", "white"), (ground.Name.LocalName, ground.Attribute("fill")?.Value));
        Assert.Equal(size, (ground.Attribute("width")!.Value, ground.Attribute("height")!.Value));
        Assert.All(svg.Elements(s_svg + "rect"), rect => Assert.NotNull(rect.Attribute("fill")));
    }

    [Fact]
    public void Texts_have_their_places_and_a_font_in_every_browser()
    {
        Assert.All(Svg(Line).Picture.Descendants(s_svg + "text"), text =>
        {
            Assert.DoesNotMatch(", *$", text.Attribute("x")!.Value);
            Assert.DoesNotMatch(", *$", text.Attribute("y")!.Value);
            Assert.EndsWith(", sans-serif", text.Attribute("font-family")!.Value, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void More_runs_than_colours_have_other_marks()
    {
        var picture = Svg(string.Concat(Enumerable.Repeat(Line, 7))).Picture;
        var blue = picture.Descendants().Where(mark => mark.Attribute("fill")?.Value == Blue && mark.Name != s_svg + "text");

        // One on the curve, one on the log scale, and one in the legend.
        Assert.Equal((3, 3), (Marks(picture, Blue).Length, blue.Count(mark => mark.Name != s_svg + "ellipse")));
    }

    [Fact]
    public void More_runs_than_looks_are_trouble() =>
        Trouble(Plot(string.Concat(Enumerable.Repeat(Line, 25)), "descent.svg"), "the trace has 25 runs; a picture tells 24");

    [Fact]
    public void The_legend_hides_no_step()
    {
        var picture = Svg(Trace("--cell", "2", "--lr", "0.139") + Trace("--cell", "2", "--lr", "0.01"), "zig", "slow").Picture;
        var texts = picture.Descendants(s_svg + "text");
        var names = texts.Where(text => text.Value.Trim() is "zig" or "slow" or "cost of W").ToArray();
        var first = picture.Descendants().First(element => element.Attribute("stroke")?.Value == Blue);
        var white = first.ElementsAfterSelf().Concat(first.Ancestors().SelectMany(group => group.ElementsAfterSelf()))
            .Where(element => element.Attribute("fill")?.Value == "white" && element.Attribute("width")?.Value != "500");

        Assert.Equal(3, names.Length);
        Assert.All(names, name => Assert.True(Numbers(name.Attribute("transform")!.Value)[1] > PlotHeight));
        Assert.All(white, rect => Assert.True(Numbers(rect.Attribute("y")!.Value)[0] >= PlotHeight));
    }

    [Fact]
    public void Runs_that_lie_on_each_other_are_two_colours()
    {
        var picture = Svg(Trace("--exact")).Picture;

        // Two pixels of the first stand out on either side of the second: enough for a picture at half its width.
        Assert.All(Widths(picture, Blue).Zip(Widths(picture, Orange)), widths => Assert.True(widths.First - widths.Second >= 4));
    }

    [Fact]
    public void Runs_of_one_cell_at_two_learning_rates_have_names_that_are_true()
    {
        // With a BOM before each, as some shells write one.
        var (slow, fast) = (Trace("--cell", "2", "--lr", "0.05"), Trace("--cell", "2", "--lr", "0.1"));
        var (picture, said) = Svg($"\uFEFF{slow}\uFEFF{fast}");

        Assert.All(["run 1", "run 2"], name => Assert.Contains(name, Texts(picture)));
        // Eleven on the curve, those with a cost, and the legend.
        Assert.Equal((11 + 7 + 1, 11 + 9 + 1), (Marks(picture, Blue).Length, Marks(picture, Orange).Length));
        Assert.Contains("run 2: epochs with cost 0, left out of the log scale: 2", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_begins_where_the_epochs_start_over()
    {
        var trace = "Epoch    1/2 W: 0.000 Cost: 4.666667\nEpoch    2/2 W: 1.400 Cost: 0.746666\n";

        Assert.Contains("run 2", Texts(Svg(trace + trace).Picture));
    }

    [Fact]
    public void Says_what_divergence_leaves_out()
    {
        var (_, said) = Svg(Trace("--cell", "2", "--lr", "0.2", "--epochs", "300"));

        Assert.Equal("run 1: steps outside the left picture: 68\nrun 1: epochs with inf or nan, left out: 227\n", said);
    }

    [Theory]
    [InlineData("--lr", "0.01", "--epochs", "100")]
    [InlineData("--cell", "2", "--epochs", "20000")]
    [InlineData("--lr", "1000", "--exact")]
    [InlineData("--epochs", "0")]
    public void Every_bound_is_finite_and_every_label_short(params string[] options)
    {
        var picture = Svg(Trace(options)).Picture;
        string[] bounds = ["x", "y", "cx", "cy", "d", "transform", "width", "height"];
        var numbers = picture.Descendants().Attributes().Where(attribute => bounds.Contains(attribute.Name.LocalName)).ToArray();

        Assert.NotEmpty(numbers);
        Assert.All(numbers, attribute => Assert.DoesNotMatch("(?i)nan|inf", attribute.Value));
        Assert.All(Texts(picture), text => Assert.InRange(text.Length, 1, 20));
    }

    [Theory]
    [InlineData("1.0", "0.0")]
    [InlineData("nan", "nan")]
    public void A_run_without_a_step_to_draw_is_a_picture(string w, string cost) => Svg($"Epoch    0/0 W: {w}, Cost: {cost}\n");

    [Fact]
    public void A_PNG_is_a_PNG_however_its_name_is_spelled()
    {
        Assert.Equal(new Outcome(0, "", ""), Plot(Line, "descent.PNG"));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G', .. "\r\n\x1a\n"u8], File.ReadAllBytes(In("descent.PNG"))[..8]);
    }

    [Theory]
    [InlineData("no epoch line on stdin", "")]
    [InlineData("line 1 of the trace is damaged or cut short: 'Epoch    0/10 W: 0.0'", "Epoch    0/10 W: 0.0\n")]
    [InlineData("line 2 of the trace is damaged or cut short: 'Epo'", Line + "Epo")]
    [InlineData("line 1 of the trace is damaged or cut short", "Epoch    0/10 W: 0.0.0, Cost: 4.6\n")]
    public void A_trace_that_is_none_is_trouble(string says, string trace) => Trouble(Plot(trace, "descent.svg"), says);

    [Fact]
    public void Damaged_input_is_shown_and_not_obeyed()
    {
        var outcome = Plot("Epoch \e[31m\a\r\u009B\u202E" + new string('x', 100_000) + "\n", "descent.svg");

        Trouble(outcome, @"'Epoch ␛[31m␇␍\u009B\u202Exxx");
        Assert.DoesNotContain(outcome.Stderr.TrimEnd('\n'), char.IsControl);
        Assert.InRange(outcome.Stderr.Length, 70, 200);
    }

    [Theory]
    [InlineData("OUTPUT ends in .svg or .png", "descent.jpg")]
    [InlineData("cannot write", "no-such-folder/descent.svg")]
    [InlineData("cannot write", "folder.svg")]
    [InlineData("there are 2 names for 1 run(s)", "descent.svg", "one", "two")]
    [InlineData("finds no font on this machine with all of 'W𒀀'", "descent.svg", "𒀀")]
    public void An_output_that_cannot_be_written_is_trouble(string says, string name, params string[] names)
    {
        Directory.CreateDirectory(In("folder.svg"));

        Trouble(Plot(Line, name, names), says);
    }

    [Theory]
    [InlineData("'--hepl' was not matched. Did you mean one of the following?\n--help\n", "--hepl")]
    [InlineData("'--hepl' was not matched. Did you mean one of the following?\n--help\n", "descent.svg", "--hepl")]
    [InlineData("Unrecognized command or argument '--epochs'.\ndotnet run", "descent.svg", "--epochs", "10")]
    [InlineData("Required argument missing for command: 'plot-descent.cs'.\ndotnet run")]
    public void A_misspelt_option_is_no_file_name(string says, params string[] arguments) =>
        Start.Feed(Line, "dotnet", [Start.ScriptProgram("plot-descent.cs"), .. arguments]).Refused(2, says);

    [Fact]
    public void Behind_two_dashes_all_is_a_name() => Assert.Contains("-lr", Texts(Svg(Line, "--", "-lr").Picture));

    [Theory]
    [InlineData("2>&-")]
    [InlineData("2>/dev/full")]
    public void A_stderr_that_takes_nothing_changes_nothing_else(string redirection)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/dev/full is Linux's");
        File.WriteAllText(In("trace"), Line + "Epoch    0/0 W: 1.000, Cost: 0.000000\n");
        var plot = $"cd '{_folder.FullName}' && dotnet '{Start.ScriptProgram("plot-descent.cs")}'";

        Assert.Equal(new Outcome(0, "", ""), Start.Shell($"{plot} descent.svg {redirection} < trace"));
        Assert.Equal(new Outcome(2, "", ""), Start.Shell($"{plot} descent.jpg {redirection} < trace"));
        Assert.Equal(new Outcome(2, "", ""), Start.Shell($"{plot} --hepl {redirection} < trace"));
        Assert.True(File.Exists(In("descent.svg")));
    }

    [Theory]
    [InlineData("descent.svg < /")]
    [InlineData("--help > /dev/full")]
    public void A_stdin_or_stdout_that_fails_is_trouble(string arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/dev/full is Linux's");

        Start.Shell($"cd '{_folder.FullName}' && dotnet '{Start.ScriptProgram("plot-descent.cs")}' {arguments}")
            .Refused(2, "cannot read stdin, or not write to stdout", lines: 1);
    }

    [Fact]
    public void A_terminal_on_stdin_gets_the_usage()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs util-linux's script");
        var plot = $"dotnet '{Start.ScriptProgram("plot-descent.cs")}' {In("descent.svg")} 2>&1";
        var outcome = Start.Program("script", ["-qec", plot, "/dev/null"]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("reads a trace from stdin: dotnet run --project src/TorchPort", outcome.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_without_fonts_is_told_what_it_needs()
    {
        string[] withoutFonts = ["--mount", "sh", "-c", "mount -t tmpfs none /usr/share/fonts && exec \"$@\"", "sh"];
        var canHide = OperatingSystem.IsLinux() && Start.Program("unshare", [.. withoutFonts, "true"]).ExitCode == 0;
        Assert.SkipUnless(canHide, "fonts can be hidden by root on Linux only");

        Trouble(
            Start.Feed(Line, "unshare", [.. withoutFonts, "dotnet", Start.ScriptProgram("plot-descent.cs"), In("descent.svg")]),
            "finds no font on this machine with all of 'W'. Install one: apt-get install fonts-dejavu-core");
    }

    private static string Trace(params string[] options) => Start.Port(["--device", "cpu", .. options]).Stdout;

    private static string[] Texts(XDocument picture) =>
        [.. picture.Descendants(s_svg + "text").Select(text => text.Value.Trim())];

    private static double[] Numbers(string text) => [.. Regex.Matches(text, "-?[0-9.]+(e-?[0-9]+)?")
        .Select(number => double.Parse(number.Value, CultureInfo.InvariantCulture))];

    // The places of a run's round marks, in pixels: in the plots, left and right, and in the legend.
    private static (double X, double Y)[] Marks(XDocument picture, string colour) => [.. picture.Descendants(s_svg + "ellipse")
        .Where(mark => mark.Attribute("fill")?.Value == colour)
        .Select(mark => (Numbers(mark.Attribute("cx")!.Value)[0], Numbers(mark.Attribute("cy")!.Value)[0]))];

    // The places that a run's lines go through, in pixels: the line of the left plot, then the right one's.
    private static (double X, double Y)[][] Lines(XDocument picture, string colour) => [.. Paths(picture, colour)
        .Select(path => Numbers(path.Attribute("d")!.Value).Chunk(2).Select(place => (place[0], place[1])).ToArray())];

    private static double[] Widths(XDocument picture, string colour) =>
        [.. Paths(picture, colour).Select(path => Numbers(path.Attribute("stroke-width")!.Value)[0])];

    private static IEnumerable<XElement> Paths(XDocument picture, string colour) =>
        picture.Descendants(s_svg + "path").Where(path => path.Attribute("stroke")?.Value == colour);

    private string In(string name) => Path.Combine(_folder.FullName, name);

    private Outcome Plot(string trace, string name, params string[] names) =>
        Start.Feed(trace, "dotnet", [Start.ScriptProgram("plot-descent.cs"), In(name), .. names]);

    private (XDocument Picture, string Said) Svg(string trace, params string[] names)
    {
        var outcome = Plot(trace, "descent.svg", names);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Stdout));
        return (XDocument.Load(In("descent.svg"), LoadOptions.PreserveWhitespace), outcome.Stderr);
    }

    private void Trouble(Outcome outcome, string says)
    {
        outcome.Refused(2, says, lines: 1);
        Assert.Empty(_folder.GetFiles());
    }
}
