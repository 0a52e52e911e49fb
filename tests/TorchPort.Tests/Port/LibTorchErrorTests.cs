namespace TorchPort.Tests;

public class LibTorchErrorTests
{
    public LibTorchErrorTests() =>
        Assert.SkipUnless(OperatingSystem.IsLinux() && Backend.Name == "cpu", "requires a CPU build with glibc");

    [Theory]
    [InlineData("libgomp-98b21ff3.so.1: cannot open shared object file: No such file or directory", "Rebuild or republish")]
    [InlineData("libstdc++.so.6: cannot open shared object file: No such file or directory", "apt-get install libstdc++6")]
    [InlineData("librt.so.1: cannot open shared object file: No such file or directory", "package that provides librt.so.1.")]
    [InlineData("/lib/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by libtorch_cpu.so)", "Use Debian 12")]
    [InlineData("/lib/libc.so.6: version `GLIBC_2.34' not found (required by libc10.so)", "Use Debian 12")]
    [InlineData("libtorch_cpu.so: failed to map segment from shared object", "ulimit -v")]
    [InlineData("libtorch_cpu.so: cannot allocate memory", "ulimit -v")]
    public void Hint_matches_loader_error(string loaderError, string hint)
    {
        var error = Backend.GetLoadError(loaderError);

        Assert.StartsWith($"{loaderError}\n", error, StringComparison.Ordinal);
        Assert.Contains(hint, error, StringComparison.Ordinal);
        Assert.Equal(2, error.Split('\n').Length);
    }

    // Enough memory for .NET, but not for libtorch as well. A native program needs less.
    [Fact]
    public void Out_of_memory_is_reported_as_such()
    {
        Assert.SkipWhen(TestProcess.PortCommand is [_], "requires the built program, not a published one");
        TestProcess.RunShell("ulimit -v 2000000; \"$@\"").AssertFailed(1, "ulimit -v");
    }
}
