using System.Xml.Linq;

namespace TorchPort.Tests;

/// <summary>scripts/plot-descent.cs, run on what the port prints.</summary>
public sealed class PlotDescentTests : IDisposable
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Draws_the_steps_of_both_cells()
    {
        var picture = Svg("");

        // Eleven on the curve, nine on the log scale (two costs print as 0), and one in each legend.
        Assert.Equal(11 + 9 + 2, Marks(picture, "#0072B2"));
        Assert.Equal(11 + 9 + 2, Marks(picture, "#D55E00"));
        var texts = Texts(picture);
        Assert.All(["W", "cost", "epoch", "cost (log scale)"], label => Assert.Contains(label, texts));
        Assert.Equal(2, texts.Count(text => text == "In [2]"));
        Assert.Contains("In [3]: 2 epochs with cost 0 are left out (log scale)", texts);
    }

    [Fact]
    public void Draws_a_single_run_under_its_number()
    {
        var picture = Svg("--cell 2 --epochs 0 --exact");

        Assert.Equal(1 + 1 + 2, Marks(picture, "#0072B2"));
        Assert.Contains("run 1", Texts(picture));
        Assert.DoesNotContain("In [2]", Texts(picture));
    }

    [Fact]
    public void Says_what_divergence_leaves_out()
    {
        var texts = Texts(Svg("--cell 2 --lr 0.2 --epochs 300"));

        Assert.Contains("run 1: 227 epochs with inf or nan are left out", texts);
        Assert.Contains("run 1: 68 steps lie outside this window", texts);
    }

    [Theory]
    [InlineData("--lr 0.01 --epochs 100")]
    [InlineData("--cell 2 --epochs 20000")]
    [InlineData("--lr 1000 --exact")]
    public void Every_bound_is_finite(string options)
    {
        var numbers = Svg(options).Descendants().Attributes()
            .Where(attribute => attribute.Name.LocalName is "x" or "y" or "cx" or "cy" or "d" or "transform" or "width" or "height").ToArray();

        Assert.NotEmpty(numbers);
        Assert.All(numbers, attribute => Assert.DoesNotMatch("(?i)nan|inf", attribute.Value));
    }

    [Fact]
    public void A_title_may_hold_any_character()
    {
        var picture = Svg("--epochs 1", "--title", "W < 1 & \"so\"\u0001");

        Assert.Contains("W < 1 & \"so\" ", Texts(picture));
    }

    [Fact]
    public void A_PNG_is_a_PNG()
    {
        var file = Path.Combine(_folder.FullName, "descent.png");

        Assert.Equal(new Outcome(0, "", ""), Plot("$PORT --device cpu 2> /dev/null", file));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G', .. "\r\n\x1a\n"u8], File.ReadAllBytes(file)[..8]);
    }

    [Theory]
    [InlineData("no epoch line on stdin", "true")]
    [InlineData("line 1 of the trace is cut short: 'Epoch    0/10 W: 0.0'", "echo 'Epoch    0/10 W: 0.0'")]
    [InlineData("line 2 of the trace is cut short: 'Epo'", "printf 'Epoch    0/10 W: 0.000, Cost: 4.666667\\nEpo'")]
    [InlineData("line 1 of the trace is cut short", "printf 'Epoch    0/10 W: 0.000, Cost: 4.6'")]
    public void A_trace_that_is_none_is_trouble(string says, string trace) =>
        Trouble(Plot(trace, Path.Combine(_folder.FullName, "descent.svg")), says);

    [Theory]
    [InlineData("OUTPUT ends in .svg or .png", "descent.jpg")]
    [InlineData("there is no folder", "no-such-folder/descent.svg")]
    [InlineData("cannot write", "folder.svg")]
    public void An_output_that_cannot_be_written_is_trouble(string says, string name)
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "folder.svg"));

        Trouble(Plot("$PORT --device cpu 2> /dev/null", Path.Combine(_folder.FullName, name)), says);
    }

    [Fact]
    public void A_terminal_on_stdin_gets_the_usage()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs util-linux's script");
        var outcome = Port.Shell($"script -qec 'dotnet run {Script} -- {_folder.FullName}/descent.svg 2>&1' /dev/null");

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("plot-descent.cs: reads a trace from stdin: dotnet run --project src/TorchPort |", outcome.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_without_fonts_is_told_what_it_needs()
    {
        const string WithoutFonts = "unshare --mount sh -c 'mount -t tmpfs none /usr/share/fonts && exec \"$@\"' sh";
        Assert.SkipUnless(OperatingSystem.IsLinux() && Port.Shell($"{WithoutFonts} true").ExitCode == 0, "fonts can be hidden by root on Linux only");
        var outcome = Port.Shell($"echo 'Epoch    0/0 W: 0.000, Cost: 4.666667' | {WithoutFonts} dotnet run {Script} -- {_folder.FullName}/descent.svg");

        Trouble(outcome, "finds no font on this machine. Install one: apt-get install fonts-dejavu-core");
    }

    private static string Script => Path.Combine(Port.Repository, "scripts/plot-descent.cs");

    private static Outcome Plot(string trace, string file, params string[] options)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a POSIX shell");
        return Port.Run("/bin/sh", ["-c", $"{{ {trace}; }} | dotnet run {Script} -- \"$@\"", "sh", file, .. options], ("PORT", Port.Executable));
    }

    private XDocument Svg(string portOptions, params string[] options)
    {
        var file = Path.Combine(_folder.FullName, "descent.svg");
        Assert.Equal(new Outcome(0, "", ""), Plot($"$PORT --device cpu {portOptions} 2> /dev/null", file, options));
        return XDocument.Load(file, LoadOptions.PreserveWhitespace);
    }

    private static int Marks(XDocument picture, string colour) => picture.Descendants(s_svg + "ellipse")
        .Count(mark => string.Equals((string?)mark.Attribute("stroke"), colour, StringComparison.OrdinalIgnoreCase) || string.Equals((string?)mark.Attribute("fill"), colour, StringComparison.OrdinalIgnoreCase));

    private static string[] Texts(XDocument picture) => [.. picture.Descendants(s_svg + "text").Select(text => text.Value.Trim('\n', '\t'))];

    private void Trouble(Outcome outcome, string says)
    {
        outcome.Refused(2, says, lines: 1);
        Assert.Empty(_folder.GetFiles());
    }
}
