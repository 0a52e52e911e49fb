using TorchSharp;

namespace TorchPort.Tests;

/// <summary>Which words name a device, and which device they stand for.</summary>
public class DeviceChoiceTests
{
    // TorchSharp loads libtorch in this process, and on macOS needs what the program loads first.
    [System.Runtime.CompilerServices.ModuleInitializer]
    internal static void LoadOpenMP() => Backend.LoadOpenMP();

    [Theory]
    [InlineData("auto")]
    [InlineData("cpu")]
    [InlineData("cuda")]
    [InlineData("cuda:0")]
    [InlineData("cuda:12")]
    public void Names_a_device(string word) => Assert.True(DeviceChoice.IsDevice(word));

    [Theory]
    [InlineData("")]
    [InlineData("gpu")]
    [InlineData("CPU")]
    [InlineData("cpu:0")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:x")]
    [InlineData("cuda: 1")]
    [InlineData("cuda:99999999999")]
    public void Names_no_device(string word) => Assert.False(DeviceChoice.IsDevice(word));

    [Fact]
    public void Cpu_is_the_cpu() => Assert.Equal(DeviceType.CPU, DeviceChoice.Choose("cpu").type);

    [Fact]
    public void Auto_is_the_cpu_in_a_build_for_the_cpu()
    {
        Assert.SkipUnless(Backend.Name == "cpu", "this build carries another libtorch");
        Assert.Equal(DeviceType.CPU, DeviceChoice.Choose("auto").type);
    }
}
