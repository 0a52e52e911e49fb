using TorchSharp;

namespace TorchPort.Tests;

/// <summary>What LoadOnOlderLibstdcxx.targets does to TorchSharp's library.</summary>
public class LoadOnOlderLibstdcxxTests
{
    [Fact]
    public void The_flag_that_lets_the_version_be_missing_is_all_that_differs_from_the_package()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the library is a Linux one");
        const string Name = "libLibTorchSharp.so";
        var package = Path.Combine(Start.Packages, "torchsharp", Backend.VersionOf<torch.Tensor>());
        var theirs = File.ReadAllBytes(Path.Combine(package, "runtimes/linux-x64/native", Name));
        var ours = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, Name));

        // Four bytes before the flag stands the hash of GLIBCXX_3.4.32; 2 is VER_FLG_WEAK.
        var (at, flag) = Assert.Single(ours.Index(), pair => pair.Item != theirs[pair.Index]);
        Assert.Equal((2, 0x0297f842u), (flag, BitConverter.ToUInt32(ours, at - 4)));
    }
}
