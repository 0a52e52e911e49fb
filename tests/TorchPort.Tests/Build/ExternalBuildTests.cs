namespace TorchPort.Tests;

/// <summary>The external build on the libtorch of the CPU package, on an older one, and on none.</summary>
public sealed class ExternalBuildTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Carries_no_libtorch()
    {
        var libraries = Directory.GetFiles(Path.GetDirectoryName(ExternalPort.Program)!, "*.so*");

        Assert.Equal(["libLibTorchSharp.so"], libraries.Select(Path.GetFileName));
    }

    [Fact]
    public void Prints_the_recorded_lines_on_the_libtorch_of_the_CPU_package()
    {
        var outcome = ExternalPort.Run(ExternalPort.LibTorch);

        Assert.Equal(new Outcome(0, Start.Data("recorded-output.txt"), "Running on cpu\n"), outcome);
    }

    [Fact]
    public void Names_the_library_that_is_not_on_the_path()
    {
        var outcome = ExternalPort.Run(_folder.FullName);

        outcome.Refused(1, "libtorch.so: cannot open shared object file");
        Assert.Contains($"built for libtorch {Backend.LibTorchVersion}", outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_the_symbol_that_another_version_lacks()
    {
        const string Debian = "/usr/lib/x86_64-linux-gnu";
        Assert.SkipUnless(File.Exists($"{Debian}/libtorch_cpu.so.1.13"), "there is no libtorch 1.13 of Debian's python3-torch");
        foreach (var library in new[] { "libtorch", "libtorch_cpu", "libc10" })
        {
            File.CreateSymbolicLink(Path.Combine(_folder.FullName, library + ".so"), $"{Debian}/{library}.so.1.13");
        }

        var outcome = ExternalPort.Run(_folder.FullName);

        outcome.Refused(1, "undefined symbol: _Z");
        Assert.Contains($"built for libtorch {Backend.LibTorchVersion}", outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void Cuda_on_a_libtorch_for_the_CPU_is_an_error() =>
        ExternalPort.Run(ExternalPort.LibTorch, "--device", "cuda").Refused(1, "the libtorch that was found is for the CPU only");

    [Fact]
    public void Version_needs_no_libtorch()
    {
        var said = ExternalPort.Run(_folder.FullName, "--version").Stdout;

        Assert.EndsWith($"libtorch {Backend.LibTorchVersion}, backend external\n", said, StringComparison.Ordinal);
    }
}
