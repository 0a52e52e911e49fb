namespace TorchPort.Tests;

/// <summary>scripts/run-cpu.sh and scripts/run-cuda.sh.</summary>
public sealed class StarterTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_build_that_writes_to_stdout_leaves_the_ports_as_it_is()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a POSIX shell");
        var noise = Path.Combine(_folder.FullName, "noise.targets");
        File.WriteAllText(noise, """
            <Project>
              <UsingTask TaskName="Noise" TaskFactory="RoslynCodeTaskFactory" AssemblyFile="$(MSBuildToolsPath)/Microsoft.Build.Tasks.Core.dll">
                <Task><Code Type="Fragment" Language="cs">System.Console.WriteLine("noise");</Code></Task>
              </UsingTask>
              <Target Name="MakeNoise" BeforeTargets="ResolveReferences"><Noise /></Target>
            </Project>
            """);

        var outcome = Port.Run("sh", [Script("run-cpu.sh"), "--device", "cpu"], ("CustomAfterMicrosoftCommonTargets", noise));

        Assert.Equal(new Outcome(0, Port.Data("recorded-output.txt"), "Running on cpu\n"), outcome);
    }

    [Fact]
    public void A_build_that_fails_is_an_error_on_stderr()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the CUDA packages are for Linux");

        // Where no source has the packages, it is TorchSharp-cuda-linux that is missing.
        var outcome = Port.Run("sh", [Script("run-cuda.sh"), "--device", "cpu"], ("NUGET_PACKAGES", _folder.FullName), ("RestoreSources", _folder.FullName), ("RestoreAdditionalProjectSources", ""));

        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Stdout));
        Assert.Contains("TorchSharp-cuda-linux", outcome.Stderr, StringComparison.Ordinal);
    }

    private static string Script(string name) => Path.Combine(Port.Repository, "scripts", name);
}
