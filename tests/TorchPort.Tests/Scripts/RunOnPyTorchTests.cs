namespace TorchPort.Tests;

/// <summary>scripts/run-on-pytorch.sh, on as much of an installed PyTorch as it looks at.</summary>
public sealed class RunOnPyTorchTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly string _script;

    // The script and the port in one folder, as on a machine without .NET.
    public RunOnPyTorchTests()
    {
        Assert.SkipWhen(Python.Any is null || !OperatingSystem.IsLinux(), "needs Python on Linux");
        _script = In("run-on-pytorch.sh");
        File.Copy(Script("run-on-pytorch.sh"), _script);
        Start.WriteProgram(In("TorchPort"), $"exec dotnet '{ExternalPort.Program}' \"$@\"");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_port_runs_on_PyTorchs_libraries()
    {
        InstallPyTorch("2.12.1");

        var said = $"PyTorch 2.12.1 of {Python.Any}\nRunning on cpu\n";
        Assert.Equal(new Outcome(0, Start.Data("recorded-output.txt"), said), Run("--device", "cpu"));
    }

    [Fact]
    public void The_diff_runs_on_them_too_and_a_notebook_on_the_same_Python()
    {
        InstallPyTorch("2.10.0+cpu");

        var outcome = Start.Command(["bash", Script("run-on-pytorch.sh"), "--python", Python.Any!], ["--diff"], PyTorch);
        Assert.Equal((0, Start.Diff().Stdout), (outcome.ExitCode, outcome.Stdout));

        // Of the stand-in for PyTorch there is only what the script looks at.
        var python = In("python");
        Start.WriteProgram(python, $"case \"$*\" in *run-notebook.py*) touch '{In("ran")}' ;; esac; exec '{Python.Any}' \"$@\"");
        outcome = Start.Command(["bash", Script("run-on-pytorch.sh")], ["--diff", "--execute", "--python", python], PyTorch);
        Assert.Equal((2, true), (outcome.ExitCode, File.Exists(In("ran"))));
        Assert.Contains("run-notebook.py: In [1], line 2: ImportError", outcome.Stderr, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.13.1")]
    [InlineData("2.9.1")]
    [InlineData("2.13.0")]
    public void Another_PyTorch_is_refused(string version)
    {
        InstallPyTorch(version);

        var outcome = Run();
        outcome.Refused(2, $"{Python.Any} has {version}", lines: 1);
        Assert.Contains("pip install \"torch>=2.10,<2.13\"", outcome.Stderr, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("there is no no-such-python", "--python", "no-such-python")]
    [InlineData("there is no no-such-python", "--cell", "2", "--python=no-such-python", "--epochs", "3")]
    [InlineData("--python takes a Python", "--python")]
    public void Another_Python_can_be_named_at_any_place(string says, params string[] arguments) =>
        Start.Command(["bash", _script], arguments).Refused(2, says, lines: 1);

    [Fact]
    public void Help_goes_to_stdout() =>
        Assert.StartsWith("usage: scripts/run-on-pytorch.sh [--python PY]", Run("--help").Stdout, StringComparison.Ordinal);

    [Fact]
    public void A_Python_needs_a_PyTorch()
    {
        var python = In("python");
        Python.WriteWithoutTorch(python);

        Run("--python", python).Refused(2, "has no PyTorch", lines: 1);
    }

    [Fact]
    public void A_PyTorch_that_is_broken_is_named()
    {
        InstallPyTorch("2.10'");

        Run().Refused(2, "cannot tell where its PyTorch is", lines: 1);
    }

    [Fact]
    public void A_function_that_is_missing_is_named_before_it_is_called()
    {
        // In TorchSharp's library the name of a function that the port never calls, torch::jit::compile, changed to one that no
        // libtorch has.
        var files = Directory.GetFiles(Path.GetDirectoryName(ExternalPort.Program)!);
        Array.ForEach(files, file => File.Copy(file, In(Path.GetFileName(file)), overwrite: true));
        var library = In("libLibTorchSharp.so");
        var bytes = File.ReadAllBytes(library);
        bytes[bytes.AsSpan().IndexOf("_ZN5torch3jit7compileE"u8) + 3] = (byte)'6';
        File.WriteAllBytes(library, bytes);
        Start.WriteProgram(In("TorchPort"), $"exec dotnet '{_folder.FullName}/TorchPort.dll' \"$@\"");
        InstallPyTorch(Backend.LibTorchVersion);

        Run().Refused(1, "undefined symbol: _ZN6torch3jit7compile", lines: 4);
    }

    private (string, string)[] PyTorch => [("PYTHONPATH", _folder.FullName)];

    private string In(string name) => Path.Combine(_folder.FullName, name);

    private static string Script(string name) => Path.Combine(Start.Repository, "scripts", name);

    private Outcome Run(params string[] arguments) =>
        Start.Command(["bash", _script, "--python", Python.Any!], arguments, PyTorch);

    private void InstallPyTorch(string version)
    {
        var folder = _folder.CreateSubdirectory("torch").FullName;
        File.WriteAllText(Path.Combine(folder, "__init__.py"), "");
        File.WriteAllText(Path.Combine(folder, "version.py"), $"__version__ = '{version}'\n");
        Directory.CreateSymbolicLink(Path.Combine(folder, "lib"), ExternalPort.LibTorch);
    }
}
