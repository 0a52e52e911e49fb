using System.Globalization;
using System.Text.RegularExpressions;

namespace TorchPort.Tests;

/// <summary>scripts/bench.py. Only the table test runs the port and PyTorch; the others use one-line shell scripts.</summary>
public class BenchTests
{
    // Passes bench.py's check for PyTorch and prints lines.
    private const string StubPython = "[ \"$1\" = -c ] && echo ModuleSpec || seq 20000";
    private static readonly string s_bench = Path.Combine(TestProcess.RepositoryRoot, "scripts/bench.py");
    private readonly string _folder = TestProcess.CreateTempFolder();

    public BenchTests() => Assert.SkipWhen(Python.Default is null || !OperatingSystem.IsLinux(), "requires Python on Linux");

    [Theory]
    [InlineData("elsewhere", 2, "--epochs at least 10000. See --help\n", "--epochs", "9999")]
    [InlineData("elsewhere", 1, "the port is missing. Check --port nowhere/TorchPort\n", "--port", "nowhere/TorchPort")]
    [InlineData("elsewhere", 1, "the native publish is missing. Run dotnet publish src/TorchPort -o port\n")]
    [InlineData("port", 1, "the plain build is missing. Run dotnet build src/TorchPort\n")]
    [InlineData("src/TorchPort/bin/publish/Release/net10.0/linux-x64/publish", 1, "the plain build is missing. Run")]
    [InlineData("port", 1, "Run dotnet publish src/TorchPort -p:TorchBackend=cuda -o port-cuda\n", "--device", "cuda")]
    public void Invalid_option_or_missing_build_is_reported(string port, int exitCode, string expected, params string[] options)
    {
        WriteScript($"{port}/TorchPort", "");
        var bench = WriteScript("scripts/bench.py", File.ReadAllText(s_bench));
        TestProcess.Run(Python.Default!, [bench, .. options]).AssertFailed(exitCode, expected, lines: 2);
    }

    [Theory]
    [InlineData("exec $PYTHON -S -I \"$@\"", "/python is missing or has no PyTorch. Use --python to specify a Python")]
    [InlineData("echo ModuleSpec", "no C compiler found. Run apt-get install gcc libc6-dev\n")]
    public void Missing_PyTorch_or_C_compiler_is_reported(string python, string expected)
    {
        string[] options = ["--python", WriteScript("python", python), "--port", WriteScript("libtorch_cpu.so", "")];
        var outcome = TestProcess.Run(Python.Default!, [s_bench, .. options], ("PYTHON", Python.Default!), ("PATH", ""));
        outcome.AssertFailed(1, expected, lines: 1);
    }

    [Fact]
    public void Different_output_is_reported()
    {
        var port = WriteScript("port", "seq 19999; [ \"$6\" = 3 ] || echo 20000");
        var command = $"{port} --device cpu --epochs 100000 --cell 3";
        TestProcess.Run(Python.Default!, [s_bench, "--port", port, "--python", WriteScript("python", StubPython)])
            .AssertFailed(1, $"the port's output differs from Python's: {command}\n", lines: 2);
    }

    [Fact]
    public void Unwritable_stdout_is_reported_and_closed_stderr_is_ignored()
    {
        string[] options = ["--port", WriteScript("port", "seq 20000"), "--python", WriteScript("python", StubPython)];
        string[] bench = [Python.Default!, s_bench, .. options, "--rounds", "1"];
        TestProcess.RunShell("\"$@\" > /dev/full", bench).AssertFailed(1, "No space left on device\n", lines: 2);
        Assert.StartsWith("| | whole process", TestProcess.RunShell("\"$@\" 2>&-", bench).Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void Table_has_each_figure_and_its_ratio_to_Python()
    {
        var hasCompiler = TestProcess.RunShell("command -v cc").ExitCode == 0;
        Assert.SkipUnless(Python.WithTorch is not null && hasCompiler, "requires PyTorch and a C compiler");
        string[] options = ["--python", Python.WithTorch!, "--port", TestProcess.PortCommand[^1]];
        var outcome = TestProcess.Run(Python.Default!, [s_bench, .. options, "--rounds", "1", "--epochs", "10000"]);
        Assert.Equal((0, "round 1 of 1\n"), (outcome.ExitCode, outcome.Stderr));
        var rows = outcome.Stdout.Split('\n')[2..5];
        Assert.Matches(@"^\| loading libtorch from C \| [^|]+ ms\) \|  \|  \| [^|]+ MB\) \|$", rows[0]);
        var (ratios, figures, pythonFigures) = (ParseRow(1, 1), ParseRow(1, 2), ParseRow(2, 2));
        Assert.Equal(pythonFigures[0] / figures[0], ratios[0], tolerance: 0.05);
        Assert.All([1, 2, 3], column => Assert.Equal(figures[column] / pythonFigures[column], ratios[column], tolerance: 0.05));

        double[] ParseRow(int row, int group) => [.. Regex.Matches(rows[row], @"([0-9.]+)x \(([0-9,]+)( ms|/s| MB)\)")
            .Select(each => double.Parse(each.Groups[group].Value, CultureInfo.InvariantCulture))];
    }

    private string WriteScript(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        TestProcess.WriteShellScript(file, text); // to Python, its first line is a comment
        return file;
    }
}
