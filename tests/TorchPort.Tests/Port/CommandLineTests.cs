using System.Diagnostics;
using TorchSharp;

namespace TorchPort.Tests;

/// <summary>The built program, end to end; with the variable TORCHPORT a published one.</summary>
public class CommandLineTests
{
    private static readonly string s_recorded = Start.Data("recorded-output.txt");

    [Fact]
    public void Prints_the_recorded_lines_and_the_device() =>
        Assert.Equal(new Outcome(0, s_recorded, "Running on cpu\n"), Start.Port("--device", "cpu"));

    [Fact]
    public void Prints_PyTorchs_floats_with_nine_digits_the_same_bytes_under_every_culture()
    {
        var outcome = Start.Command(Start.PortCommand, ["--device", "cpu", "--exact"], ("LC_ALL", "de_DE.UTF-8"));

        Assert.Equal(Start.Data("pytorch-1.13-cpu-exact.txt"), outcome.Stdout);
    }

    [Fact]
    public void Runs_one_cell_alone_with_other_epochs_and_another_learning_rate()
    {
        Assert.Equal(
            "Epoch    0/1 W: 0.000, Cost: 4.666667\nEpoch    1/1 W: 0.700, Cost: 0.420000\n",
            Start.Port("--device", "cpu", "--cell", "2", "--epochs", "1", "--lr=5e-2").Stdout);
        Assert.Equal(s_recorded[(s_recorded.Length / 2)..], Start.Port("--device", "cpu", "--cell", "3").Stdout);
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
        var torchSharp = $"TorchSharp {Backend.VersionOf<torch.Tensor>()}, libtorch {Backend.LibTorchVersion}";

        var said = $"TorchPort {Backend.VersionOf<Notebook>()}, {torchSharp}, backend {Backend.Name}\n";
        Assert.Equal(new Outcome(0, said, ""), Start.Port("--version"));
    }

    [Theory]
    [InlineData("'--exat' was not matched. Did you mean one of the following? --exact", "--exat")]
    [InlineData("'--epoch' was not matched. Did you mean one of the following? --epochs", "--cell", "2", "--epoch=3", "3")]
    [InlineData("'notebook.ipynb'", "notebook.ipynb")]
    [InlineData("'x'", "--", "x")]
    [InlineData("'--lr' stands after '--', where it is no option. Leave out the '--'", "--", "--lr", "0.3")]
    [InlineData("--device", "--device")]
    [InlineData("--device takes auto, cpu, cuda or cuda:N, not 'gpu'", "--device", "gpu")]
    [InlineData("--epochs takes a whole number from 0 to 2147483646, not '2147483647'", "--epochs", "2147483647")]
    [InlineData("--lr takes a finite number that is not negative, not '-1'", "--lr:-1")]
    [InlineData("--cell takes 2 or 3, not '7'", "--cell", "7")]
    [InlineData("--cell", "--cell", "2", "--cell", "3")]
    public void A_wrong_command_line_gets_a_line_and_exit_2(string says, params string[] arguments)
    {
        var outcome = Start.Port(arguments);

        outcome.Refused(2, says, lines: 2);
        Assert.Contains(says, outcome.Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Cuda_on_a_build_for_the_cpu_says_how_to_build_the_other()
    {
        Assert.SkipUnless(Backend.Name == "cpu", "this build carries another libtorch");

        Start.Port("--device", "cuda").Refused(1, OperatingSystem.IsLinux() ? "-p:TorchBackend=cuda" : "CUDA needs Linux x64");
    }

    // A published program has no line numbers.
    [Fact]
    public void What_a_cell_throws_is_one_line()
    {
        var outcome = Start.Port("--device", "cpu", "--cell", "3", "--lr", "1e300");

        Assert.Equal(1, outcome.ExitCode);
        const string Place = @"^TorchPort: In \[3\](, line [0-9]+ of Notebook.cs)?: ";
        Assert.Matches(Place + "value cannot be converted to type float without overflow$", outcome.Errors[^1]);
        Assert.Equal(2, outcome.Errors.Length);
    }

    [Fact]
    public void A_reader_that_has_enough_ends_it_quietly()
    {
        // Were the closed pipe not seen, a billion epochs would take hours.
        string[] arguments = [.. Start.PortCommand[1..], "--cell", "2", "--epochs", "1000000000"];
        using var process = Process.Start(new ProcessStartInfo(Start.PortCommand[0], arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var first = process.StandardOutput.ReadLine();
        process.StandardOutput.Close();
        process.WaitForExit();

        Assert.Equal(("Epoch    0/1000000000 W: 0.000, Cost: 4.666667", 0), (first, process.ExitCode));
        Assert.Single(process.StandardError.ReadToEnd().TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_file_that_the_shell_shares_is_not_overwritten()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a POSIX shell");
        var outcome = Start.Shell("f=$(mktemp); { echo first; \"$@\" --cell 2 --epochs 0; echo last; } > $f; cat $f; rm $f");

        Assert.Equal("first\nEpoch    0/0 W: 0.000, Cost: 4.666667\nlast\n", outcome.Stdout);
    }

    [Theory]
    [InlineData("LibTorchSharp")]
    [InlineData("torch_cpu")]
    public void A_missing_library_of_libtorch_is_named(string library)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Backend.Name != "external", "needs the loader of Linux, and a libtorch");
        var folder = CopyOfPort();
        File.Delete($"{folder}/lib{library}.so");

        var outcome = Start.Command([.. Start.PortCommand[..^1], $"{folder}/{Path.GetFileName(Start.PortCommand[^1])}"], []);
        Directory.Delete(folder, recursive: true);

        outcome.Refused(1, $"lib{library}.so: cannot open shared object file");
        Assert.Contains("publish it again", outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_may_not_be_read_is_named_with_who_may_not_read_it()
    {
        var isRoot = Environment.UserName == "root" && Start.Shell("command -v setpriv").ExitCode == 0;
        Assert.SkipUnless(isRoot, "needs root, who can become another user");
        var folder = CopyOfPort();
        Assert.Equal(0, Start.Shell($"chmod 755 {folder} && chmod 600 {folder}/libLibTorchSharp.so").ExitCode);

        string[] nobody = ["setpriv", "--reuid=65534", "--clear-groups", .. Start.PortCommand[..^1]];
        var outcome = Start.Command([.. nobody, $"{folder}/{Path.GetFileName(Start.PortCommand[^1])}"], []);
        Directory.Delete(folder, recursive: true);

        var cure = $"As its owner, run: chmod -R a+rX '{folder}/'";
        outcome.Refused(1, $"nobody may not read {folder}/libLibTorchSharp.so\n{cure}", lines: 2);
    }

    // The large libraries are not needed for an error.
    private static string CopyOfPort()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        var files = new DirectoryInfo(Path.GetDirectoryName(Start.PortCommand[^1])!).GetFiles();
        foreach (var file in files.Where(file => file.Length < 4_000_000))
        {
            file.CopyTo(Path.Combine(folder, file.Name));
        }

        return folder;
    }
}
