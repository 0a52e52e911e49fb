namespace TorchPort.Tests;

/// <summary>What a build asks for, and what it refuses.</summary>
public class BackendTests
{
    private static readonly string s_project = Path.Combine(Start.Repository, "src/TorchPort");

    [Theory]
    [InlineData("use -r linux-x64", "-r", "linux-arm64")]
    [InlineData("use -r win-x64, which Windows on Arm runs, too", "-r", "win-arm64")]
    [InlineData("use -r osx-arm64", "-r", "osx-x64")]
    [InlineData("linux-x64 only, not for win-x64", "-r", "win-x64", "-p:TorchBackend=cuda")]
    [InlineData("takes cpu, cuda or external", "-p:TorchBackend=gpu")]
    [InlineData("leave out IncludeNativeLibrariesForSelfExtract", "-p:IncludeNativeLibrariesForSelfExtract=true")]
    public void A_build_that_has_no_libtorch_is_one_error(string says, params string[] options)
    {
        var outcome = Build("TorchBackend", ["-t:Build", .. options]);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(says, Assert.Single(outcome.Errors), StringComparison.Ordinal);
    }

    // dotnet run hands over the value of its option device as this property.
    [Theory]
    [InlineData("cpu", "--device cpu", "-p:Device=cpu")]
    [InlineData("cuda", "--device cuda:1", "-p:Device=cuda:1")]
    [InlineData("cpu", "--device cuda", "-p:Device=cuda", "-p:TorchBackend=cpu")]
    [InlineData("cpu", "")]
    public void The_device_of_dotnet_run_goes_to_the_port_and_chooses_its_build(
        string backend, string arguments, params string[] options)
    {
        // An environment variable of that name is for others.
        string[] properties = ["-getProperty:TorchBackend", "-getProperty:StartArguments"];
        var outcome = Start.Program("dotnet", ["build", s_project, .. properties, .. options], ("DEVICE", "cuda:7"));

        Assert.Contains($"\"TorchBackend\": \"{backend}\"", outcome.Stdout, StringComparison.Ordinal);
        Assert.Contains($"\"StartArguments\": \"{arguments}\"", outcome.Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false", "-p:SelfContained=false")]
    [InlineData("false", "-p:PublishSingleFile=true")]
    [InlineData("false", "-r", "win-x64")]
    public void A_publish_is_native_where_it_can_be(string native, params string[] options)
    {
        Assert.SkipWhen(native == "true" && !OperatingSystem.IsLinux(), "for the system that it runs on");
        var outcome = Build("PublishAot", ["-p:_IsPublishing=true", .. options]);

        Assert.Equal(native, outcome.Stdout.Trim() is "" ? "false" : outcome.Stdout.Trim());
    }

    [Theory]
    [InlineData("true", "true")]
    [InlineData("", "false")]
    public void Warnings_are_errors_in_CI_alone(string ci, string areErrors)
    {
        var outcome = Start.Program("dotnet", ["build", s_project, "-getProperty:TreatWarningsAsErrors"], ("CI", ci));

        Assert.Equal(areErrors, outcome.Stdout.Trim());
    }

    private static Outcome Build(string property, string[] options) =>
        Start.Program("dotnet", ["build", s_project, $"-getProperty:{property}", .. options]);
}
