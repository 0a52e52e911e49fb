namespace TorchPort.Tests;

/// <summary>The external build, which carries no libtorch, on the one of the CPU package, on an older one, and on none.</summary>
public sealed class ExternalTests : IDisposable
{
    private static readonly string s_libtorch = Path.Combine(Start.Packages, $"libtorch-cpu-linux-x64/{Backend.LibTorchVersion}/runtimes/linux-x64/native");
    private static readonly Lazy<string> s_port = new(Build);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Carries_no_libtorch() =>
        Assert.Equal(["libLibTorchSharp.so"], Directory.GetFiles(Path.GetDirectoryName(s_port.Value)!, "*.so*").Select(Path.GetFileName));

    [Fact]
    public void Prints_the_recorded_lines_on_the_libtorch_of_the_CPU_package() =>
        Assert.Equal(new Outcome(0, Start.Data("recorded-output.txt"), "Running on cpu\n"), Run(s_libtorch));

    [Fact]
    public void Names_the_library_that_is_not_on_the_path() =>
        Fails(Run(_folder.FullName), "libtorch.so: cannot open shared object file");

    [Fact]
    public void Names_the_symbol_that_another_version_lacks()
    {
        const string Debian = "/usr/lib/x86_64-linux-gnu";
        Assert.SkipUnless(File.Exists($"{Debian}/libtorch_cpu.so.1.13"), "there is no libtorch 1.13 of Debian's python3-torch");
        foreach (var library in new[] { "libtorch", "libtorch_cpu", "libc10" })
        {
            File.CreateSymbolicLink(Path.Combine(_folder.FullName, library + ".so"), $"{Debian}/{library}.so.1.13");
        }

        Fails(Run(_folder.FullName), "undefined symbol: _Z");
    }

    [Fact]
    public void The_starter_names_a_function_that_is_missing_before_it_is_called()
    {
        // The program and the starter in one folder, as on a machine without .NET; in TorchSharp's library torch::jit::compile,
        // which the port never calls, under a name that no libtorch has.
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(s_port.Value)!).Append(Starter))
        {
            File.Copy(file, Path.Combine(_folder.FullName, Path.GetFileName(file)));
        }

        var library = Path.Combine(_folder.FullName, "libLibTorchSharp.so");
        var bytes = File.ReadAllBytes(library);
        bytes[bytes.AsSpan().IndexOf("_ZN5torch3jit7compileE"u8) + 3] = (byte)'6';
        File.WriteAllBytes(library, bytes);
        PyTorch(Backend.LibTorchVersion);

        Fails(RunStarter(Path.Combine(_folder.FullName, "run-on-pytorch.sh")), "undefined symbol: _ZN6torch3jit7compile", 1);
    }

    [Fact]
    public void Cuda_on_a_libtorch_for_the_CPU_is_an_error()
    {
        var outcome = Run(s_libtorch, "--device", "cuda");

        outcome.Refused(1, "the libtorch that was found is for the CPU only");
        Assert.Contains("the libtorch that was found is for the CPU only", outcome.Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Version_needs_no_libtorch() => Assert.EndsWith($"libtorch {Backend.LibTorchVersion}, backend external\n", Run(_folder.FullName, "--version").Stdout, StringComparison.Ordinal);

    [Theory]
    [InlineData("2.10.0+cpu")]
    [InlineData("2.12.1")]
    public void The_starter_finds_PyTorchs_libraries(string version)
    {
        PyTorch(version);

        Assert.Equal(new Outcome(0, Start.Data("recorded-output.txt"), $"PyTorch {version} of python3\nRunning on cpu\n"), RunStarter(Starter, "--device", "cpu"));
    }

    [Theory]
    [InlineData("1.13.1")]
    [InlineData("2.9.1")]
    [InlineData("2.13.0")]
    public void The_starter_refuses_another_PyTorch(string version)
    {
        PyTorch(version);

        var outcome = RunStarter(Starter);
        outcome.Refused(2, $"python3 has {version}", lines: 1);
        Assert.Contains("pip install \"torch>=2.10,<2.13\"", outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void The_starter_needs_a_Python() => RunStarter(Starter, "--python", "no-such-python").Refused(2, "there is no no-such-python", lines: 1);

    [Fact]
    public void The_starter_needs_a_PyTorch()
    {
        Assert.SkipWhen(Python.Find("import sys") is null || !OperatingSystem.IsLinux(), "needs Python on Linux");
        var python = Path.Combine(_folder.FullName, "python");
        Python.WriteWithoutTorch(python);

        RunStarter(Starter, "--python", python).Refused(2, "has no PyTorch", lines: 1);
    }

    [Fact]
    public void The_starter_names_a_PyTorch_that_is_broken()
    {
        PyTorch("2.10'");

        RunStarter(Starter).Refused(2, "python3 cannot tell where its PyTorch is", lines: 1);
    }

    private static string Starter => Path.Combine(Start.Repository, "scripts/run-on-pytorch.sh");

    private static string Build()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the external build is for Linux");
        return Path.ChangeExtension(Start.Build("src/TorchPort", "-c", "Release", "-p:TorchBackend=external"), null);
    }

    private static Outcome Run(string libraries, params string[] arguments) => Start.Program(s_port.Value, arguments, ("LD_LIBRARY_PATH", libraries));

    private Outcome RunStarter(string starter, params string[] arguments)
    {
        Assert.SkipWhen(Python.Find("import sys") is null || !OperatingSystem.IsLinux(), "needs Python on Linux");
        _ = s_port.Value;
        return Start.Program("bash", [starter, .. arguments], ("PYTHONPATH", _folder.FullName));
    }

    // As much of an installed PyTorch as the starter looks at.
    private void PyTorch(string version)
    {
        var folder = _folder.CreateSubdirectory("torch").FullName;
        File.WriteAllText(Path.Combine(folder, "__init__.py"), "");
        File.WriteAllText(Path.Combine(folder, "version.py"), $"__version__ = '{version}'\n");
        Directory.CreateSymbolicLink(Path.Combine(folder, "lib"), s_libtorch);
    }

    private static void Fails(Outcome outcome, string says, int line = 0)
    {
        outcome.Refused(1, $"built for libtorch {Backend.LibTorchVersion}", lines: 3 + line);
        Assert.Contains(says, outcome.Errors[line], StringComparison.Ordinal);
    }
}
