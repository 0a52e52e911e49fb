namespace TorchPort.Tests;

/// <summary>scripts/run-cpu.sh and scripts/run-cuda.sh, and the builds that they ask for.</summary>
public sealed class RunScriptsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_build_that_writes_to_stdout_leaves_the_ports_as_it_is()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a POSIX shell");
        var noise = Path.Combine(_folder.FullName, "noise.targets");
        File.WriteAllText(noise, Start.Noise("MakeNoise"));

        var outcome = Start.Program("sh", [Script("run-cpu.sh"), "--device", "cpu"], ("CustomAfterMicrosoftCommonTargets", noise));

        Assert.Equal(new Outcome(0, Start.Data("recorded-output.txt"), "Running on cpu\n"), outcome);
    }

    [Fact]
    public void A_build_that_fails_is_an_error_on_stderr()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the CUDA packages are for Linux");

        // Where no source has the packages, it is TorchSharp-cuda-linux that is missing.
        var outcome = Start.Program("sh", [Script("run-cuda.sh"), "--device", "cpu"], ("NUGET_PACKAGES", _folder.FullName), ("RestoreSources", _folder.FullName), ("RestoreAdditionalProjectSources", ""));

        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Stdout));
        Assert.Contains("TorchSharp-cuda-linux", outcome.Stderr, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("linux-x64, win-x64 and osx-arm64, not for linux-arm64", "-r", "linux-arm64")]
    [InlineData("linux-x64 only, not for win-x64", "-r", "win-x64", "-p:TorchBackend=cuda")]
    [InlineData("takes cpu, cuda or external", "-p:TorchBackend=gpu")]
    public void A_build_that_has_no_libtorch_is_one_error(string says, params string[] options)
    {
        var outcome = Start.Program("dotnet", ["build", Path.Combine(Start.Repository, "src/TorchPort"), "-t:Build", "-getProperty:TorchBackend", .. options]);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(says, Assert.Single(outcome.Errors), StringComparison.Ordinal);
    }

    private static string Script(string name) => Path.Combine(Start.Repository, "scripts", name);
}
