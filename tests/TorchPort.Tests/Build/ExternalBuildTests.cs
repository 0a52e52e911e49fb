namespace TorchPort.Tests;

/// <summary>The external build with the CPU package's libtorch and without libtorch.</summary>
public class ExternalBuildTests
{
    private readonly string _folder = TestProcess.CreateTempFolder();

    public ExternalBuildTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "the external build is for Linux");

    [Fact]
    public void Missing_libtorch_is_reported_with_required_version()
    {
        var outcome = ExternalPort.Run(_folder);

        outcome.AssertFailed(1, "libtorch.so: cannot open shared object file");
        Assert.Contains($"requires libtorch {Backend.LibTorchVersion}", outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void Version_works_without_libtorch() =>
        Assert.EndsWith("backend external\n", ExternalPort.Run(_folder, "--version").Stdout, StringComparison.Ordinal);

    [Fact]
    public void Device_cuda_fails_with_CPU_only_libtorch() =>
        ExternalPort.Run(ExternalPort.LibTorch, "--device", "cuda").AssertFailed(1, "the libtorch found is CPU-only");
}
