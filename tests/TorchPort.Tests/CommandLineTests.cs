namespace TorchPort.Tests;

/// <summary>The built program, end to end.</summary>
public class CommandLineTests
{
    private static readonly string s_recorded = Port.Data("recorded-output.txt");
    private static readonly string s_recordedIn2 = s_recorded[..(s_recorded.Length / 2)];
    private static readonly string s_recordedIn3 = s_recorded[(s_recorded.Length / 2)..];

    [Fact]
    public void Prints_the_recorded_lines_and_the_device()
    {
        var outcome = Port.Run("--device", "cpu");

        Assert.Equal(new Outcome(0, s_recorded, "Running on cpu\n"), outcome);
    }

    [Fact]
    public void Prints_PyTorchs_floats_with_nine_digits() =>
        Assert.Equal(Port.Data("pytorch-1.13-cpu-exact.txt"), Port.Run("--device", "cpu", "--exact").Stdout);

    [Fact]
    public void Runs_one_cell_alone()
    {
        Assert.Equal(s_recordedIn2, Port.Run("--device", "cpu", "--cell", "2").Stdout);
        Assert.Equal(s_recordedIn3, Port.Run("--device", "cpu", "--cell", "3").Stdout);
    }

    [Fact]
    public void Zero_epochs_print_where_training_starts() =>
        Assert.Equal("Epoch    0/0 W: 0.000, Cost: 4.666667\n", Port.Run("--device", "cpu", "--cell", "3", "--epochs", "0").Stdout);

    [Theory]
    [InlineData("de_DE.UTF-8")]
    [InlineData("ko_KR.UTF-8")]
    public void Prints_the_same_bytes_under_every_culture(string culture) =>
        Assert.Equal(s_recorded, Port.Run(Port.Executable, ["--device", "cpu"], ("LANG", culture), ("LC_ALL", culture)).Stdout);

    [Theory]
    [InlineData("0.2", "300")] // diverges
    [InlineData("0.09375", "5")] // W = 1.3125 lies between two spellings
    [InlineData("1e-3", "1000")]
    [InlineData("0", "2")]
    public void Prints_what_Python_prints(string lr, string epochs)
    {
        Assert.SkipWhen(Python.WithTorch is null, "there is no Python with PyTorch on this machine");

        var notebook = Path.GetTempFileName();
        var text = File.ReadAllText(Path.Combine(Port.Repository, "src/TorchPort/gradient-descent.ipynb"));
        File.WriteAllText(notebook, text
            .Replace("lr = 0.1\\n", $"lr = {lr}\\n", StringComparison.Ordinal)
            .Replace("lr=0.15", $"lr={lr}", StringComparison.Ordinal)
            .Replace("nb_epochs = 10", $"nb_epochs = {epochs}", StringComparison.Ordinal));
        var python = Port.Run(Python.WithTorch!, [Path.Combine(Port.Repository, "scripts/run-notebook.py"), notebook]);
        File.Delete(notebook);

        Assert.Equal((0, python.Stdout), (python.ExitCode, Port.Run("--device", "cpu", "--lr", lr, "--epochs", epochs).Stdout));
    }

    [Fact]
    public void Divergence_is_spelled_as_in_Python()
    {
        var lines = Port.Run("--device", "cpu", "--lr", "0.2", "--cell", "2", "--epochs", "300").Stdout.Split('\n');

        Assert.Equal(302, lines.Length);
        Assert.Contains(lines, line => line.EndsWith(", Cost: inf", StringComparison.Ordinal));
        Assert.Equal("Epoch  300/300 W: nan, Cost: nan", lines[300]);
    }

    [Fact]
    public void Help_goes_to_stdout()
    {
        var outcome = Port.Run("--help");

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Stderr));
        Assert.All(["--device", "--cell", "--epochs", "--lr", "--exact", "--version"], option => Assert.Contains(option, outcome.Stdout, StringComparison.Ordinal));
    }

    [Fact]
    public void Version_names_all_that_computes() =>
        Assert.Equal(new Outcome(0, $"TorchPort 1.0.0, TorchSharp 0.107.0, libtorch 2.10.0, backend {Backend.Name}\n", ""), Port.Run("--version"));

    [Theory]
    [InlineData("--bogus", "--bogus")]
    [InlineData("notebook.ipynb", "notebook.ipynb", "--bogus", "3")]
    [InlineData("--device takes auto, cpu, cuda or cuda:N, not 'gpu'", "--device", "gpu")]
    [InlineData("not 'cuda:'", "--device", "cuda:")]
    [InlineData("not 'cuda:-1'", "--device", "cuda:-1")]
    [InlineData("not 'cuda:x'", "--device", "cuda:x")]
    [InlineData("not ''", "--device", "")]
    [InlineData("--device", "--device")]
    [InlineData("--epochs takes a whole number from 0 to 2147483646, not '-1'", "--epochs", "-1")]
    [InlineData("not '2147483647'", "--epochs", "2147483647")]
    [InlineData("not '1.5'", "--epochs", "1.5")]
    [InlineData("--lr takes a finite number that is not negative, not 'nan'", "--lr", "nan")]
    [InlineData("not '-1'", "--lr", "-1")]
    [InlineData("not 'abc'", "--lr", "abc")]
    [InlineData("not '1e999'", "--lr", "1e999")]
    [InlineData("--cell takes 2 or 3, not '7'", "--cell", "7")]
    [InlineData("--cell", "--cell", "2", "--cell", "3")]
    public void A_wrong_command_line_gets_a_line_and_exit_2(string says, params string[] arguments)
    {
        var outcome = Port.Run(arguments);

        outcome.Refused(2, says);
        Assert.Contains(says, outcome.Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Cuda_on_a_build_for_the_cpu_says_how_to_build_the_other()
    {
        Assert.SkipUnless(Backend.Name == "cpu", "this build carries another libtorch");
        var outcome = Port.Run("--device", "cuda");

        outcome.Refused(1, OperatingSystem.IsLinux() ? "-p:TorchBackend=cuda" : "CUDA needs Linux x64");
    }

    [Fact]
    public void A_learning_rate_that_no_float32_holds_is_libtorchs_error()
    {
        var outcome = Port.Run("--device", "cpu", "--cell", "3", "--lr", "1e300");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal("TorchPort: libtorch: value cannot be converted to type float without overflow", outcome.Errors[^1]);
    }

    [Fact]
    public void A_reader_that_has_enough_ends_it_quietly()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a POSIX shell");
        // Were the closed pipe not seen, a billion epochs would take hours.
        var outcome = Port.Shell("{ \"$PORT\" --device cpu --cell 2 --epochs 1000000000; echo $? >&2; } | head -n 1");

        Assert.Equal("Epoch    0/1000000000 W: 0.000, Cost: 4.666667\n", outcome.Stdout);
        Assert.Equal(["Running on cpu", "0"], outcome.Errors);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--help")]
    [InlineData("--version")]
    public void A_full_disk_is_an_error(string option)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/full");
        var outcome = Port.Shell($"\"$PORT\" {option} > /dev/full");

        Assert.Equal(1, outcome.ExitCode);
        Assert.InRange(outcome.Errors.Length, 1, 3);
        Assert.Contains("cannot write to standard output: No space left on device", outcome.Errors[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_the_shell_shares_is_not_overwritten()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a POSIX shell");
        var outcome = Port.Shell("f=$(mktemp); { echo first; \"$PORT\" --cell 2 --epochs 0; echo last; } > $f; cat $f; rm $f");

        Assert.Equal("first\nEpoch    0/0 W: 0.000, Cost: 4.666667\nlast\n", outcome.Stdout);
    }

    [Theory]
    [InlineData("LibTorchSharp")]
    [InlineData("torch_cpu")]
    public void A_missing_native_library_is_named(string library)
    {
        Assert.SkipWhen(library == "torch_cpu" && Backend.Name == "external", "this build carries no libtorch");
        Assert.SkipWhen(library == "torch_cpu" && OperatingSystem.IsWindows(), "Windows finds it in the folder that the tests run in, too");
        var file = OperatingSystem.IsWindows() ? $"{library}.dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";
        var folder = Directory.CreateTempSubdirectory();
        // Those of libtorch that are large are not needed for the error.
        foreach (var source in Directory.EnumerateFiles(AppContext.BaseDirectory).Where(source => Path.GetFileName(source) != file && (!source.Contains("torch_", StringComparison.Ordinal) || new FileInfo(source).Length < 4_000_000)))
        {
            File.Copy(source, Path.Combine(folder.FullName, Path.GetFileName(source)));
        }

        var outcome = Port.Run(Path.Combine(folder.FullName, Path.GetFileName(Port.Executable)), ["--device", "cpu"]);
        folder.Delete(recursive: true);

        outcome.Refused(1, "TorchPort: libtorch will not load: ");
        Assert.StartsWith("TorchPort: libtorch will not load: ", outcome.Stderr, StringComparison.Ordinal);
        Assert.Contains(OperatingSystem.IsWindows() ? "LibTorchSharp.dll" : file, outcome.Errors[0], StringComparison.Ordinal);
    }
}
