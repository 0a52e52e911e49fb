namespace TorchPort.Tests;

/// <summary>scripts/run-cpu.sh, scripts/run-cuda.sh and scripts/diff-notebook.sh.</summary>
public sealed class RunScriptsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public RunScriptsTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a POSIX shell");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void What_a_build_says_stays_out_of_the_ports_stdout()
    {
        var noise = Path.Combine(_folder.FullName, "noise.targets");
        File.WriteAllText(noise, Start.Noise("MakeNoise"));

        // Through a link, as one has it in a folder on PATH.
        var link = File.CreateSymbolicLink(Path.Combine(_folder.FullName, "run"), Script("run-cpu.sh"));
        var outcome = Start.Program(link.FullName, ["--device", "cpu"], ("CustomAfterMicrosoftCommonTargets", noise));

        Assert.Equal(new Outcome(0, Start.Data("recorded-output.txt"), "Running on cpu\n"), outcome);
    }

    [Theory]
    [InlineData("run-cpu.sh", 1)]
    [InlineData("diff-notebook.sh", 2)]
    public void What_a_failed_build_says_is_shown(string script, int exitCode)
    {
        var failure = Path.Combine(_folder.FullName, "failure.targets");
        File.WriteAllText(failure, """
            <Project>
              <Target Name="Fail" AfterTargets="PrepareForBuild"><Error Text="this build fails" /></Target>
            </Project>
            """);

        var outcome = Start.Program(Script(script), [], ("CustomAfterMicrosoftCommonTargets", failure));
        Assert.Equal((exitCode, ""), (outcome.ExitCode, outcome.Stdout));
        Assert.Contains("this build fails", outcome.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain(".dll\n", outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void A_CUDA_build_asks_for_the_CUDA_packages()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the CUDA packages are for Linux");

        // No source has any package here.
        var outcome = Start.Program(
            Script("run-cuda.sh"),
            ["--device", "cpu"],
            ("NUGET_PACKAGES", _folder.FullName),
            ("RestoreSources", _folder.FullName),
            ("RestoreAdditionalProjectSources", ""));

        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Stdout));
        Assert.Contains("TorchSharp-cuda-linux", outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void The_diff_is_built_with_the_port_beside_it() =>
        Assert.Equal(Start.Diff(), Start.Program(Script("diff-notebook.sh"), []));

    private static string Script(string name) => Path.Combine(Start.Repository, "scripts", name);
}
