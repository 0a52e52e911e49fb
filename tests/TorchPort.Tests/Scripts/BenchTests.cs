using System.Globalization;
using System.Text.RegularExpressions;

namespace TorchPort.Tests;

/// <summary>scripts/bench.py, in one short round.</summary>
public sealed partial class BenchTests : IDisposable
{
    private static readonly string s_bench = Path.Combine(Start.Repository, "scripts/bench.py");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("unrecognized arguments: --bogus", "--bogus")]
    [InlineData("argument --device: invalid choice: 'tpu'", "--device", "tpu")]
    [InlineData("--epochs 10000 or more", "--epochs", "9999")]
    [InlineData("--rounds takes 1 or more", "--rounds", "0")]
    public void A_wrong_option_is_named(string says, params string[] options)
    {
        var python = Python.Any;
        Assert.SkipWhen(python is null, "there is no Python on this machine");

        Start.Program(python!, [s_bench, .. options]).Refused(2, says, lines: 1);
    }

    [Fact]
    public void A_missing_build_is_named_with_the_command_that_makes_it()
    {
        var python = PythonToMeasure();
        var bench = Path.Combine(_folder.CreateSubdirectory("scripts").FullName, "bench.py");
        File.Copy(s_bench, bench);

        var neither = Start.Program(python, [bench]);
        var neitherForCuda = Start.Program(python, [bench, "--device", "cuda"]);
        var published = _folder.CreateSubdirectory("src/TorchPort/bin/publish/Release/net10.0/linux-x64/publish").FullName;
        File.CreateSymbolicLink(Path.Combine(published, "TorchPort"), Start.PortCommand[^1]);
        var nativeOnly = Start.Program(python, [bench]);

        const string Missing = "is missing, or does not start: dotnet";
        const string Cuda = "-p:TorchBackend=cuda";
        neither.Refused(2, $"the native publish {Missing} publish src/TorchPort -c Release\n", lines: 1);
        neitherForCuda.Refused(2, $"the native publish {Missing} publish src/TorchPort -c Release {Cuda}\n", lines: 1);
        nativeOnly.Refused(2, $"the plain build {Missing} build src/TorchPort -c Release\n", lines: 1);
    }

    [Fact]
    public void A_missing_port_is_named() => Start.Program(PythonToMeasure(), [s_bench, "--port", "nowhere/TorchPort"])
        .Refused(2, "the port is missing, or does not start: name a program that does with --port\n", lines: 1);

    [Fact]
    public void A_Python_without_PyTorch_is_named()
    {
        var withTorch = PythonToMeasure();
        var without = Path.Combine(_folder.FullName, "python");
        Python.WriteWithoutTorch(without);

        var outcome = Start.Program(withTorch, [s_bench, "--port", Start.PortCommand[^1], "--python", without]);

        outcome.Refused(2, $"{without} has no PyTorch for cpu: pip install torch there, or name another", lines: 1);
    }

    [Fact]
    public void A_missing_C_compiler_is_named()
    {
        // What starts Python may need a PATH, which Python itself does not.
        var python = Start.Program(PythonToMeasure(), ["-c", "import sys; print(sys.executable, end='')"]).Stdout;

        var outcome = Start.Program(python, [s_bench, "--port", Start.PortCommand[^1]], ("PATH", _folder.FullName));

        outcome.Refused(2, "a C compiler is missing, or does not work: apt-get install gcc libc6-dev\n", lines: 1);
    }

    [Fact]
    public void A_side_that_prints_other_lines_is_no_result()
    {
        var python = PythonToMeasure();
        var wrong = Path.Combine(_folder.FullName, "TorchPort");
        File.WriteAllText(wrong, $"#!/bin/sh\n'{Start.PortCommand[^1]}' \"$@\" | sed 's/^Epoch 9999.*/&1/'\n");
        Assert.Equal(0, Start.Program("chmod", ["+x", wrong]).ExitCode);

        var outcome = Start.Program(python, [s_bench, "--port", wrong, "--epochs", "10000"]);

        outcome.Refused(1, "the port and Python print different lines in In [2], for 10,000 epochs\n", lines: 1);
    }

    [Fact]
    public void The_table_has_the_figures_of_each_side()
    {
        var python = PythonToMeasure();
        Assert.SkipWhen(Start.Shell("command -v cc").ExitCode != 0, "there is no C compiler on this machine");

        var outcome = Start.Program(python, [s_bench, "--port", Start.PortCommand[^1], "--rounds", "1", "--epochs", "10000"]);

        Assert.Equal((0, "bench.py: round 1 of 1\n"), (outcome.ExitCode, outcome.Stderr));
        var lines = outcome.Stdout.Split('\n');
        Assert.Equal("|---|---|---|---|---|", lines[1]);
        Assert.Equal("| loading libtorch from C | ms |  |  | MB |", WithoutFigures(lines[2]));
        Assert.Equal("| port | ms | epochs/s | epochs/s | MB |", WithoutFigures(lines[3]));
        Assert.Equal("| Python | ms | epochs/s | epochs/s | MB |", WithoutFigures(lines[4]));
        Assert.Equal("One round, 10,000 epochs, start-up taken off the epochs.", lines[6]);
        Assert.StartsWith(Start.Port("--version").Stdout.TrimEnd() + "; Python ", lines[8], StringComparison.Ordinal);
        Assert.EndsWith(" --rounds 1 --epochs 10000`", lines[8], StringComparison.Ordinal);
    }

    // A Python with PyTorch, where bench.py can measure.
    private static string PythonToMeasure()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "bench.py measures on Linux");
        Assert.SkipWhen(Python.WithTorch is null, "there is no Python with PyTorch on this machine");
        return Python.WithTorch!;
    }

    // A row with the unit alone in place of each figure, which has to be positive.
    private static string WithoutFigures(string row) => Figure().Replace(row, match =>
    {
        Assert.True(double.Parse(match.Groups["ratio"].Value, CultureInfo.InvariantCulture) > 0, row);
        Assert.True(double.Parse(match.Groups["figure"].Value, CultureInfo.InvariantCulture) > 0, row);
        return match.Groups["unit"].Value is { Length: > 0 } unit ? unit : "epochs/s";
    });

    [GeneratedRegex(@"(?<ratio>[0-9.]+)x Python \((?<figure>[0-9,]+) ?(?<unit>ms|MB|)\)")]
    private static partial Regex Figure();
}
