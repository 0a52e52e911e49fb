using System.Xml.Linq;

namespace TorchPort.Tests;

/// <summary>scripts/plot-descent.cs, run on what the port prints.</summary>
public sealed class PlotDescentTests : IDisposable
{
    private const string Line = "Epoch    0/0 W: 0.000, Cost: 4.666667\n";
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Draws_the_steps_of_both_cells()
    {
        var (picture, said) = Svg(Trace("--exact"), "In [2]", "In [3]");

        // Eleven on the curve, eleven on the log scale, and one in each legend.
        Assert.Equal((24, 24), (Marks(picture, "#0072B2"), Marks(picture, "#D55E00")));
        Assert.All(["W", "cost", "epoch", "cost (log scale)", "0.1", "1e-3"], label => Assert.Contains(label, Texts(picture)));
        Assert.Equal((2, 2), (Texts(picture).Count(text => text == "In [2]"), Texts(picture).Count(text => text == "In [3]")));
        Assert.Empty(said);
    }

    [Fact]
    public void Runs_of_one_cell_at_two_learning_rates_have_names_that_are_true()
    {
        var (picture, said) = Svg("\uFEFF" + Trace("--cell", "2", "--lr", "0.05") + "\uFEFF" + Trace("--cell", "2", "--lr", "0.1"));

        Assert.All(["run 1", "run 2"], name => Assert.Contains(name, Texts(picture)));
        // With a BOM before each, as some shells write one: eleven on the curve, those with a cost, and the legends.
        Assert.Equal((11 + 7 + 2, 11 + 9 + 2), (Marks(picture, "#0072B2"), Marks(picture, "#D55E00")));
        Assert.Contains("run 2: 2 epochs with cost 0 are left out", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_what_divergence_leaves_out()
    {
        var (_, said) = Svg(Trace("--cell", "2", "--lr", "0.2", "--epochs", "300"));

        Assert.Equal("run 1: 68 steps lie outside the left picture\nrun 1: 227 epochs with inf or nan are left out\n", said);
    }

    [Theory]
    [InlineData("--lr", "0.01", "--epochs", "100")]
    [InlineData("--cell", "2", "--epochs", "20000")]
    [InlineData("--lr", "1000", "--exact")]
    [InlineData("--epochs", "0")]
    public void Every_bound_is_finite(params string[] options)
    {
        var numbers = Svg(Trace(options)).Picture.Descendants().Attributes()
            .Where(attribute => attribute.Name.LocalName is "x" or "y" or "cx" or "cy" or "d" or "transform" or "width" or "height").ToArray();

        Assert.NotEmpty(numbers);
        Assert.All(numbers, attribute => Assert.DoesNotMatch("(?i)nan|inf", attribute.Value));
    }

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

    [Theory]
    [InlineData("OUTPUT ends in .svg or .png", "descent.jpg")]
    [InlineData("cannot write", "no-such-folder/descent.svg")]
    [InlineData("cannot write", "folder.svg")]
    [InlineData("there are 2 names for 1 run(s)", "descent.svg", "one", "two")]
    public void An_output_that_cannot_be_written_is_trouble(string says, string name, params string[] names)
    {
        Directory.CreateDirectory(In("folder.svg"));

        Trouble(Plot(Line, name, names), says);
    }

    [Fact]
    public void A_terminal_on_stdin_gets_the_usage()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs util-linux's script");
        var outcome = Start.Program("script", ["-qec", $"dotnet '{Start.ScriptProgram("plot-descent.cs")}' {In("descent.svg")} 2>&1", "/dev/null"]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("reads a trace from stdin: dotnet run --project src/TorchPort", outcome.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_without_fonts_is_told_what_it_needs()
    {
        string[] withoutFonts = ["--mount", "sh", "-c", "mount -t tmpfs none /usr/share/fonts && exec \"$@\"", "sh"];
        Assert.SkipUnless(OperatingSystem.IsLinux() && Start.Program("unshare", [.. withoutFonts, "true"]).ExitCode == 0, "fonts can be hidden by root on Linux only");

        Trouble(Start.Feed(Line, "unshare", [.. withoutFonts, "dotnet", Start.ScriptProgram("plot-descent.cs"), In("descent.svg")]), "finds no font on this machine. Install one: apt-get install fonts-dejavu-core");
    }

    private static string Trace(params string[] options) => Start.Port(["--device", "cpu", .. options]).Stdout;

    private static int Marks(XDocument picture, string colour) => picture.Descendants(s_svg + "ellipse")
        .Count(mark => mark.Attributes().Any(attribute => attribute.Name.LocalName is "stroke" or "fill" && attribute.Value.Equals(colour, StringComparison.OrdinalIgnoreCase)));

    private static string[] Texts(XDocument picture) => [.. picture.Descendants(s_svg + "text").Select(text => text.Value.Trim('\n', '\t'))];

    private string In(string name) => Path.Combine(_folder.FullName, name);

    private Outcome Plot(string trace, string name, params string[] names) => Start.Feed(trace, "dotnet", [Start.ScriptProgram("plot-descent.cs"), In(name), .. names]);

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
