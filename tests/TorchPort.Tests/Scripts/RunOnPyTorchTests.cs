namespace TorchPort.Tests;

/// <summary>scripts/run-on-pytorch.sh, on as much of an installed PyTorch as it looks at.</summary>
public sealed class RunOnPyTorchTests : IDisposable
{
    private static readonly string s_script = Path.Combine(Start.Repository, "scripts/run-on-pytorch.sh");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("2.10.0+cpu")]
    [InlineData("2.12.1")]
    public void Finds_PyTorchs_libraries(string version)
    {
        InstallPyTorch(version);

        var said = $"PyTorch {version} of python3\nRunning on cpu\n";
        Assert.Equal(new Outcome(0, Start.Data("recorded-output.txt"), said), Run("--device", "cpu"));
    }

    [Theory]
    [InlineData("1.13.1")]
    [InlineData("2.9.1")]
    [InlineData("2.13.0")]
    public void Refuses_another_PyTorch(string version)
    {
        InstallPyTorch(version);

        var outcome = Run();
        outcome.Refused(2, $"python3 has {version}", lines: 1);
        Assert.Contains("pip install \"torch>=2.10,<2.13\"", outcome.Stderr, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--python", "no-such-python")]
    [InlineData("--python=no-such-python")]
    [InlineData("--cell", "2", "--python", "no-such-python", "--epochs", "3")]
    public void Takes_another_Python_at_any_place(params string[] arguments) =>
        Run(arguments).Refused(2, "there is no no-such-python", lines: 1);

    [Theory]
    [InlineData("-h")]
    [InlineData("--help")]
    public void Help_goes_to_stdout(string option) =>
        Assert.StartsWith("usage: scripts/run-on-pytorch.sh [--python PY]", Run(option).Stdout, StringComparison.Ordinal);

    [Fact]
    public void Needs_a_PyTorch()
    {
        var python = Path.Combine(_folder.FullName, "python");
        Assert.SkipWhen(Python.Any is null || !OperatingSystem.IsLinux(), "needs Python on Linux");
        Python.WriteWithoutTorch(python);

        Run("--python", python).Refused(2, "has no PyTorch", lines: 1);
    }

    [Fact]
    public void Names_a_PyTorch_that_is_broken()
    {
        InstallPyTorch("2.10'");

        Run().Refused(2, "python3 cannot tell where its PyTorch is", lines: 1);
    }

    [Fact]
    public void Names_a_function_that_is_missing_before_it_is_called()
    {
        // The program and the script in one folder, as on a machine without .NET; and in TorchSharp's library the name of a
        // function that the port never calls, torch::jit::compile, changed to one that no libtorch has.
        var files = Directory.GetFiles(Path.GetDirectoryName(ExternalPort.Program)!).Append(s_script).ToList();
        files.ForEach(file => File.Copy(file, Path.Combine(_folder.FullName, Path.GetFileName(file))));
        var library = Path.Combine(_folder.FullName, "libLibTorchSharp.so");
        var bytes = File.ReadAllBytes(library);
        bytes[bytes.AsSpan().IndexOf("_ZN5torch3jit7compileE"u8) + 3] = (byte)'6';
        File.WriteAllBytes(library, bytes);
        InstallPyTorch(Backend.LibTorchVersion);

        var outcome = Run(Path.Combine(_folder.FullName, "run-on-pytorch.sh"), []);
        outcome.Refused(1, "undefined symbol: _ZN6torch3jit7compile", lines: 4);
        Assert.StartsWith("PyTorch ", outcome.Stderr, StringComparison.Ordinal);
    }

    private Outcome Run(params string[] arguments) => Run(s_script, arguments);

    private Outcome Run(string script, string[] arguments)
    {
        Assert.SkipWhen(Python.Any is null || !OperatingSystem.IsLinux(), "needs Python on Linux");
        _ = ExternalPort.Program;
        return Start.Program("bash", [script, .. arguments], ("PYTHONPATH", _folder.FullName));
    }

    private void InstallPyTorch(string version)
    {
        var folder = _folder.CreateSubdirectory("torch").FullName;
        File.WriteAllText(Path.Combine(folder, "__init__.py"), "");
        File.WriteAllText(Path.Combine(folder, "version.py"), $"__version__ = '{version}'\n");
        Directory.CreateSymbolicLink(Path.Combine(folder, "lib"), ExternalPort.LibTorch);
    }
}
