namespace TorchPort.Tests;

/// <summary>End-to-end tests of the built program or, if TORCHPORT is set, of a published one.</summary>
public class CommandLineTests
{
    private static readonly string s_savedOutput = TestProcess.ReadData("recorded-output.txt");

    [Fact]
    public void Prints_saved_output_and_device() =>
        Assert.Equal(new ProcessResult(0, s_savedOutput, "Running on cpu\n"), TestProcess.RunPort("--device", "cpu"));

    [Fact]
    public void Exact_output_matches_PyTorch_in_any_culture() => Assert.Equal(
        TestProcess.ReadData("pytorch-1.13-cpu-exact.txt"),
        TestProcess.RunCommand(TestProcess.PortCommand, ["--device", "cpu", "--exact"], ("LC_ALL", "de_DE.UTF-8")).Stdout);

    [Fact]
    public void Runs_one_cell_with_given_epochs_and_learning_rate()
    {
        Assert.Equal(
            "Epoch    0/1 W: 0.000, Cost: 4.666667\nEpoch    1/1 W: 0.700, Cost: 0.420000\n",
            TestProcess.RunPort("--device", "cpu", "--cell", "2", "--epochs", "1", "--lr=5e-2").Stdout);
        Assert.Equal(s_savedOutput[(s_savedOutput.Length / 2)..], TestProcess.RunPort("--device", "cpu", "--cell", "3").Stdout);
    }

    [Fact]
    public void Version_lists_every_component() => Assert.Matches(
        $"^TorchPort [0-9.]+, TorchSharp [0-9.]+, libtorch {Backend.LibTorchVersion}, backend {Backend.Name}\n$",
        TestProcess.RunPort("--version").Stdout);

    [Theory]
    [InlineData("'--exat' was not matched. Did you mean one of the following? --exact", "--exat")]
    [InlineData("'--epoch' was not matched. Did you mean one of the following? --epochs", "--cell", "2", "--epoch=3", "3")]
    [InlineData("'notebook.ipynb'", "notebook.ipynb")]
    [InlineData("'@absent'", "@absent")]
    [InlineData("'false'", "--exact", "false")]
    [InlineData("'--lr' comes after '--', so it is not read as an option. Remove the '--'", "--", "--lr", "0.3")]
    [InlineData("--device", "--device")]
    [InlineData("--device must be auto, cpu, cuda or cuda:N, not 'gpu'", "--device", "gpu")]
    [InlineData("--epochs must be an integer from 0 to 2147483646, not '2147483647'", "--epochs", "2147483647")]
    [InlineData("--epochs must be an integer from 0 to 2147483646, not '1e1'", "--epochs", "1e1")]
    [InlineData("--lr must be a finite, non-negative number, not '-1'", "--lr:-1")]
    [InlineData("--cell must be 2 or 3, not '7'", "--cell", "7")]
    [InlineData("--cell", "--cell", "2", "--cell", "3")]
    public void Usage_error_is_reported_with_exit_code_2(string expected, params string[] arguments) =>
        TestProcess.RunPort(arguments).AssertFailed(2, expected, lines: 2);

    [Fact]
    public void Accepts_only_known_device_names()
    {
        string[] devices = ["auto", "cpu", "cuda", "cuda:0", "cuda:12"];
        string[] others = ["", "gpu", "CPU", "cpu:0", "cuda:", "cuda:-1", "cuda:x", "cuda: 1", "cuda:99999999999"];

        Assert.Equal(devices, devices.Concat(others).Where(DeviceSelector.IsValidName));
    }

    [Fact]
    public void Device_cuda_on_CPU_build_explains_CUDA_build()
    {
        Assert.SkipUnless(Backend.Name == "cpu", "requires a CPU build");

        TestProcess.RunPort("--device", "cuda").AssertFailed(1, "CUDA requires Linux x64 and a build with -p:TorchBackend=cuda");
    }

    // After a load error the port opens each file to find an unreadable one. A dangling link gives an IOException there.
    [Fact]
    public void File_error_is_not_reported_as_stdout_error()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "requires Linux");
        var (folder, port) = CopyPort();
        File.Delete($"{folder}/libLibTorchSharp.so");
        File.CreateSymbolicLink($"{folder}/link", "absent");

        TestProcess.RunCommand(port, []).AssertFailed(1, $"TorchPort: Could not find file '{folder}/link'", lines: 1);
    }

    // A published program has no line numbers.
    [Fact]
    public void Cell_exception_is_one_line()
    {
        var outcome = TestProcess.RunPort("--device", "cpu", "--cell", "3", "--lr", "1e300");

        const string Place = @"TorchPort: In \[3\](, line [0-9]+ of Notebook.cs)?";
        Assert.Equal(1, outcome.ExitCode);
        Assert.Matches($"^Running on cpu\n{Place}: value cannot be converted to type float without overflow\n$", outcome.Stderr);
    }

    // If the closed pipe went unnoticed, the port would run for hours; ulimit ends it after 60 s of CPU time.
    [Fact]
    public void Closed_pipe_ends_run_quietly()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "requires a POSIX shell");
        const string Port = "\"$@\" --device cpu --cell 2 --lr 0 --epochs 2147483646";
        var outcome = TestProcess.RunShell($"{{ ulimit -t 60; {Port}; echo $? >&2; }} | head -n 1");

        Assert.Equal(new ProcessResult(0, "Epoch    0/2147483646 W: 0.000, Cost: 4.666667\n", "Running on cpu\n0\n"), outcome);
    }

    [Fact]
    public void Output_file_shared_with_shell_is_not_overwritten()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "requires a POSIX shell");
        const string Lines = "echo first; \"$@\" --cell 2 --epochs 0; echo last";
        var outcome = TestProcess.RunShell($"f=$(mktemp); {{ {Lines}; }} > $f; cat $f; rm $f");

        Assert.Equal("first\nEpoch    0/0 W: 0.000, Cost: 4.666667\nlast\n", outcome.Stdout);
    }

    [Theory]
    [InlineData("LibTorchSharp")]
    [InlineData("torch_cpu")]
    public void Missing_libtorch_library_is_named(string library)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Backend.Name != "external", "requires Linux and a build with libtorch");
        var (folder, port) = CopyPort();
        File.Delete($"{folder}/lib{library}.so");

        var outcome = TestProcess.RunCommand(port, []);

        outcome.AssertFailed(1, $"lib{library}.so: cannot open shared object file");
        Assert.Contains("Rebuild or republish", outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void Unreadable_library_is_reported_with_user()
    {
        var isRoot = Environment.UserName == "root" && TestProcess.RunShell("command -v setpriv").ExitCode == 0;
        Assert.SkipUnless(isRoot, "requires root and setpriv");
        var (folder, port) = CopyPort();

        const string AsNobody = "setpriv --reuid=65534 --clear-groups \"$@\"";
        var outcome = TestProcess.RunShell($"chmod 755 {folder} && chmod 600 {folder}/libLibTorchSharp.so && {AsNobody}", port);

        var hint = $"As its owner, run: chmod -R a+rX '{folder}/'";
        outcome.AssertFailed(1, $"user nobody cannot read {folder}/libLibTorchSharp.so\n{hint}", lines: 2);
    }

    // Skips the large libraries, which are not needed to fail.
    private static (string Folder, string[] Command) CopyPort()
    {
        var folder = TestProcess.CreateTempFolder();
        var port = new FileInfo(TestProcess.PortCommand[^1]);
        var files = port.Directory!.GetFiles().Where(file => file.Length < 4_000_000).ToList();
        files.ForEach(file => file.CopyTo($"{folder}/{file.Name}"));
        return (folder, [.. TestProcess.PortCommand[..^1], $"{folder}/{port.Name}"]);
    }
}
