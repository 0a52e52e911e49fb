using System.ComponentModel;
using TorchSharp;

namespace TorchPort.Tests;

/// <summary>What LoadOnOlderLibstdcxx.targets does to TorchSharp's library.</summary>
public class LoadOnOlderLibstdcxxTests
{
    private static readonly string s_library = Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so");
    private static readonly string s_package = Path.Combine(
        Start.Packages, "torchsharp", Backend.VersionOf<torch.Tensor>(), "runtimes/linux-x64/native/libLibTorchSharp.so");

    [Fact]
    public void The_libstdcxx_of_GCC_13_is_no_hard_requirement()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the library is a Linux one");

        Assert.EndsWith("Flags: WEAK", Need(s_library), StringComparison.Ordinal);
        Assert.EndsWith("Flags: none", Need(s_package), StringComparison.Ordinal);
    }

    [Fact]
    public void One_byte_is_all_that_differs_from_the_package()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the library is a Linux one");

        Assert.Equal(1, File.ReadAllBytes(s_package).Zip(File.ReadAllBytes(s_library)).Count(pair => pair.First != pair.Second));
    }

    // "Name: GLIBCXX_3.4.32  Flags: ..." of the versions that a library needs.
    private static string Need(string library)
    {
        try
        {
            var versions = Start.Program("readelf", ["-VW", library]).Stdout.Split('\n');
            var glibcxx = versions.Single(line => line.Contains("Name: GLIBCXX_3.4.32 ", StringComparison.Ordinal));
            return glibcxx.Split("  Version")[0];
        }
        catch (Win32Exception)
        {
            Assert.Skip("there is no readelf on this machine");
            return "";
        }
    }
}
