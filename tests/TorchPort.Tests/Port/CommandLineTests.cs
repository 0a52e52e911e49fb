using System.Diagnostics;
using TorchSharp;

namespace TorchPort.Tests;

/// <summary>The built program, end to end.</summary>
public class CommandLineTests
{
    private static readonly string s_recorded = Start.Data("recorded-output.txt");
    private static readonly string s_recordedIn2 = s_recorded[..(s_recorded.Length / 2)];
    private static readonly string s_recordedIn3 = s_recorded[(s_recorded.Length / 2)..];

    [Fact]
    public void Prints_the_recorded_lines_and_the_device()
    {
        var outcome = Start.Port("--device", "cpu");

        Assert.Equal(new Outcome(0, s_recorded, "Running on cpu\n"), outcome);
    }

    [Fact]
    public void Prints_PyTorchs_floats_with_nine_digits() =>
        Assert.Equal(Start.Data("pytorch-1.13-cpu-exact.txt"), Start.Port("--device", "cpu", "--exact").Stdout);

    [Fact]
    public void Runs_one_cell_alone()
    {
        Assert.Equal(s_recordedIn2, Start.Port("--device", "cpu", "--cell", "2").Stdout);
        Assert.Equal(s_recordedIn3, Start.Port("--device", "cpu", "--cell", "3").Stdout);
    }

    [Theory]
    [InlineData("de_DE.UTF-8")]
    [InlineData("ko_KR.UTF-8")]
    public void Prints_the_same_bytes_under_every_culture(string culture)
    {
        var outcome = Start.Command(Start.PortCommand, ["--device", "cpu"], ("LANG", culture), ("LC_ALL", culture));

        Assert.Equal(s_recorded, outcome.Stdout);
    }

    [Theory]
    [InlineData("0.2", "300")] // diverges
    [InlineData("0.09375", "5")] // W = 1.3125 lies between two spellings
    [InlineData("1e-3", "1000")]
    public void Prints_what_Python_prints(string lr, string epochs)
    {
        Assert.SkipWhen(Python.WithTorch is null, "there is no Python with PyTorch on this machine");

        var notebook = Path.GetTempFileName();
        var text = File.ReadAllText(Start.Notebook);
        File.WriteAllText(notebook, text
            .Replace("lr = 0.1\\n", $"lr = {lr}\\n", StringComparison.Ordinal)
            .Replace("lr=0.15", $"lr={lr}", StringComparison.Ordinal)
            .Replace("nb_epochs = 10", $"nb_epochs = {epochs}", StringComparison.Ordinal));
        var python = Python.RunNotebook(Python.WithTorch!, notebook);
        File.Delete(notebook);

        Assert.Equal((0, python.Stdout), (python.ExitCode, Start.Port("--device", "cpu", "--lr", lr, "--epochs", epochs).Stdout));
    }

    [Fact]
    public void Help_goes_to_stdout()
    {
        var outcome = Start.Port("--help");

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Stderr));
        Assert.DoesNotContain('\r', outcome.Stdout);
        string[] options = ["--device", "--cell", "--epochs", "--lr", "--exact", "--version"];
        Assert.All(options, option => Assert.Contains(option, outcome.Stdout, StringComparison.Ordinal));
    }

    [Fact]
    public void Version_names_all_that_computes()
    {
        var torchSharp = $"TorchSharp {Start.VersionOf<torch.Tensor>()}, libtorch {Backend.LibTorchVersion}";

        var said = $"TorchPort {Start.VersionOf<Notebook>()}, {torchSharp}, backend {Backend.Name}\n";
        Assert.Equal(new Outcome(0, said, ""), Start.Port("--version"));
    }

    [Theory]
    [InlineData("--bogus", "--bogus")]
    [InlineData("notebook.ipynb", "notebook.ipynb")]
    [InlineData("--device", "--device")]
    [InlineData("--device takes auto, cpu, cuda or cuda:N, not 'gpu'", "--device", "gpu")]
    [InlineData("--epochs takes a whole number from 0 to 2147483646, not '2147483647'", "--epochs", "2147483647")]
    [InlineData("not '1.5'", "--epochs", "1.5")]
    [InlineData("--lr takes a finite number that is not negative, not 'nan'", "--lr", "nan")]
    [InlineData("not '-1'", "--lr", "-1")]
    [InlineData("--cell takes 2 or 3, not '7'", "--cell", "7")]
    [InlineData("--cell", "--cell", "2", "--cell", "3")]
    public void A_wrong_command_line_gets_a_line_and_exit_2(string says, params string[] arguments)
    {
        var outcome = Start.Port(arguments);

        outcome.Refused(2, says);
        Assert.Contains(says, outcome.Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Cuda_on_a_build_for_the_cpu_says_how_to_build_the_other()
    {
        Assert.SkipUnless(Backend.Name == "cpu", "this build carries another libtorch");
        var outcome = Start.Port("--device", "cuda");

        outcome.Refused(1, OperatingSystem.IsLinux() ? "-p:TorchBackend=cuda" : "CUDA needs Linux x64");
    }

    [Fact]
    public void A_learning_rate_that_no_float32_holds_is_libtorchs_error()
    {
        var outcome = Start.Port("--device", "cpu", "--cell", "3", "--lr", "1e300");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Matches("^TorchPort: In \\[3\\](, line [0-9]+ of Notebook.cs)?: value cannot be converted to type float without", outcome.Errors[^1]);
    }

    [Fact]
    public void A_reader_that_has_enough_ends_it_quietly()
    {
        // Were the closed pipe not seen, a billion epochs would take hours.
        using var process = Process.Start(new ProcessStartInfo(Start.PortCommand[0], [.. Start.PortCommand[1..], "--cell", "2", "--epochs", "1000000000"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var first = process.StandardOutput.ReadLine();
        process.StandardOutput.Close();
        var ended = process.WaitForExit(TimeSpan.FromSeconds(20));
        process.Kill();

        Assert.Equal(("Epoch    0/1000000000 W: 0.000, Cost: 4.666667", true), (first, ended));
        Assert.Equal(0, process.ExitCode);
        Assert.Single(process.StandardError.ReadToEnd().TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("")]
    [InlineData("--help")]
    [InlineData("--version")]
    public void A_full_disk_is_an_error(string option)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/full");
        var outcome = Start.Shell($"\"$@\" {option} > /dev/full");

        Assert.Equal(1, outcome.ExitCode);
        Assert.InRange(outcome.Errors.Length, 1, 3);
        Assert.Contains("cannot write to standard output: No space left on device", outcome.Errors[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_the_shell_shares_is_not_overwritten()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a POSIX shell");
        var outcome = Start.Shell("f=$(mktemp); { echo first; \"$@\" --cell 2 --epochs 0; echo last; } > $f; cat $f; rm $f");

        Assert.Equal("first\nEpoch    0/0 W: 0.000, Cost: 4.666667\nlast\n", outcome.Stdout);
    }

    [Theory]
    [InlineData("2>&-")]
    [InlineData("2> /dev/full")]
    public void A_standard_error_that_takes_nothing_changes_nothing(string redirection)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/full");

        Assert.Equal(new Outcome(0, s_recorded, ""), Start.Shell($"\"$@\" --device cpu {redirection}"));
        Assert.Equal(2, Start.Shell($"\"$@\" --bogus {redirection}").ExitCode);
    }

    [Fact]
    public void A_standard_output_that_is_closed_is_an_error()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a POSIX shell");
        var outcome = Start.Shell("\"$@\" >&-");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("cannot write to standard output: it is closed", outcome.Errors[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--exat", "'--exat' was not matched. Did you mean one of the following? --exact")]
    [InlineData("--epoch=3", "'--epoch' was not matched. Did you mean one of the following? --epochs")]
    public void A_misspelt_option_gets_the_near_one_suggested(string option, string says) =>
        Start.Port("--cell", "2", option, "3").Refused(2, says, lines: 2);

    [Theory]
    [InlineData("LibTorchSharp")]
    [InlineData("torch_cpu")]
    public void A_missing_library_of_libtorch_is_named(string library)
    {
        Assert.SkipWhen(library == "torch_cpu" && Backend.Name == "external", "this build carries no libtorch");
        Assert.SkipWhen(library == "torch_cpu" && OperatingSystem.IsWindows(), "Windows finds it beside the tests, too");
        var file = OperatingSystem.IsWindows() ? $"{library}.dll"
            : OperatingSystem.IsMacOS() ? $"lib{library}.dylib"
            : $"lib{library}.so";
        var folder = Directory.CreateTempSubdirectory();
        CopyPort(folder.FullName, without: file);

        var program = Path.Combine(folder.FullName, Path.GetFileName(Start.PortCommand[^1]));
        var outcome = Start.Command([.. Start.PortCommand[..^1], program], ["--device", "cpu"]);
        folder.Delete(recursive: true);

        outcome.Refused(1, "publish");
        Assert.StartsWith("TorchPort: libtorch will not load: ", outcome.Stderr, StringComparison.Ordinal);
        Assert.Contains(OperatingSystem.IsWindows() ? "LibTorchSharp.dll" : file, outcome.Errors[0], StringComparison.Ordinal);
    }

    // Those of libtorch's libraries that are large are not needed for the error.
    private static void CopyPort(string folder, string without)
    {
        foreach (var source in Directory.EnumerateFiles(Path.GetDirectoryName(Start.PortCommand[^1])!))
        {
            var name = Path.GetFileName(source);
            var isLarge = name.Contains("torch_", StringComparison.Ordinal) && new FileInfo(source).Length > 4_000_000;
            if (name != without && !isLarge)
            {
                File.Copy(source, Path.Combine(folder, name));
            }
        }
    }
}
