namespace TorchPort.Tests;

/// <summary>scripts/run-cpu.sh, scripts/run-cuda.sh and scripts/diff-notebook.sh.</summary>
public class RunScriptsTests
{
    private readonly string _folder = TestProcess.CreateTempFolder();

    public RunScriptsTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "requires a POSIX shell");

    [Fact]
    public void Port_runs_from_any_folder_without_build_output_on_stdout()
    {
        // Bypasses MSBuild, as the CUDA packages' targets do.
        const string Noise = """<Exec Command="echo noise > /proc/$PPID/fd/1" Condition="Exists('/proc')" />""";
        const string Target = $"""<Target Name="MakeNoise" AfterTargets="ResolvePackageAssets">{Noise}</Target>""";
        File.WriteAllText($"{_folder}/noise.targets", $"<Project>{Target}</Project>");
        File.WriteAllText($"{_folder}/global.json", """{ "sdk": { "version": "9.0.100", "rollForward": "disable" } }""");

        string[] run = ["-c", "cd \"$0\" && \"$1\" --device cpu", _folder, CreateLink("run-cpu.sh")];
        var outcome = TestProcess.Run("/bin/sh", run, ("CustomAfterMicrosoftCommonTargets", $"{_folder}/noise.targets"));

        Assert.Equal(new ProcessResult(0, TestProcess.ReadData("recorded-output.txt"), "Running on cpu\n"), outcome);
    }

    [Fact]
    public void Diff_script_builds_the_diff_and_passes_its_arguments()
    {
        var copy = $"{_folder}/a notebook.ipynb";
        File.Copy(TestProcess.Notebook, copy);

        Assert.Equal(TestProcess.RunDiff(copy), TestProcess.Run(CreateLink("diff-notebook.sh"), [copy]));
    }

    [Fact]
    public void Build_errors_are_shown()
    {
        var outcome = TestProcess.Run(GetScript("diff-notebook.sh"), [], ("TorchBackend", "gpu"));

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Stdout));
        Assert.Contains("TorchBackend must be cpu, cuda or external, not 'gpu'", outcome.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain(".dll\n", outcome.Stderr, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run-cuda.sh", 1)]
    [InlineData("diff-notebook.sh", 2, "--device", "cuda")]
    [InlineData("diff-notebook.sh", 2, "--device=cuda:1")]
    public void CUDA_build_restores_the_CUDA_packages(string script, int exitCode, params string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "requires Linux, which the CUDA packages are for");

        // The only package source is empty.
        (string, string)[] emptySource = [("NUGET_PACKAGES", _folder), ("RestoreSources", _folder)];
        var outcome = TestProcess.Run(CreateLink(script), arguments, emptySource);

        Assert.Equal((exitCode, ""), (outcome.ExitCode, outcome.Stdout));
        Assert.Contains("TorchSharp-cuda-linux", outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_dotnet_is_reported_in_one_line()
    {
        var link = "for tool in sh dirname basename readlink; do ln -s \"$(command -v $tool)\" \"$0\"; done; PATH=$0 exec \"$1\"";

        TestProcess.Run("/bin/sh", ["-c", link, _folder, GetScript("run-cpu.sh")])
            .AssertFailed(1, "dotnet is not on PATH. Install the .NET 10 SDK.", lines: 1);
    }

    // Links to a script, as from a folder on PATH.
    private string CreateLink(string script) => File.CreateSymbolicLink($"{_folder}/{script}", GetScript(script)).FullName;

    private static string GetScript(string name) => Path.Combine(TestProcess.RepositoryRoot, "scripts", name);
}
