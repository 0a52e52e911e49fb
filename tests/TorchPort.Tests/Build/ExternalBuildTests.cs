namespace TorchPort.Tests;

/// <summary>The external build on the libtorch of the CPU package, and on none.</summary>
public class ExternalBuildTests
{
    private readonly string _folder = TestProcess.CreateTempFolder();

    public ExternalBuildTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "the external build is for Linux");

    [Fact]
    public void Does_not_include_libtorch()
    {
        var libraries = Directory.GetFiles(Path.GetDirectoryName(ExternalPort.Program)!, "*.so*");
        Assert.Equal(["libLibTorchSharp.so"], libraries.Select(Path.GetFileName));
    }

    [Fact]
    public void Missing_libtorch_is_reported_with_required_version()
    {
        var outcome = ExternalPort.Run(_folder);

        outcome.AssertFailed(1, "libtorch.so: cannot open shared object file");
        Assert.Contains($"built for libtorch {Backend.LibTorchVersion}", outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void Version_works_without_libtorch() =>
        Assert.EndsWith("backend external\n", ExternalPort.Run(_folder, "--version").Stdout, StringComparison.Ordinal);

    [Fact]
    public void Device_cuda_fails_with_CPU_only_libtorch() =>
        ExternalPort.Run(ExternalPort.LibTorch, "--device", "cuda").AssertFailed(1, "the libtorch that was found is for the CPU only");
}
