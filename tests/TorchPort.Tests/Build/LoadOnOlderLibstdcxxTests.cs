using TorchSharp;

namespace TorchPort.Tests;

/// <summary>LoadOnOlderLibstdcxx.targets, in this repository and in the README's sample project.</summary>
public class LoadOnOlderLibstdcxxTests
{
    // Omits the sample project's packages for other platforms, and those that some feeds lack.
    private const string FewerPackages = """
        <Project><ItemGroup>
          <PrunePackageReference Include="libtorch-cpu-win-x64;libtorch-cpu-osx-arm64;SkiaSharp" Version="9.0.0" />
          <PackageReference Include="SharpZipLib" Version="1.4.2" />
        </ItemGroup></Project>
        """;

    public LoadOnOlderLibstdcxxTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "requires Linux");

    [Fact]
    public void Only_weak_flag_differs_from_package()
    {
        const string Name = "libLibTorchSharp.so";
        var version = typeof(torch.Tensor).Assembly.GetName().Version!.ToString(3);
        var package = Path.Combine(TestProcess.NuGetPackages, "torchsharp", version);
        var original = File.ReadAllBytes(Path.Combine(package, "runtimes/linux-x64/native", Name));
        var patched = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, Name));

        // The hash of GLIBCXX_3.4.32 is four bytes before the flag. VER_FLG_WEAK is 2.
        var (at, flag) = Assert.Single(patched.Index(), pair => pair.Item != original[pair.Index]);
        Assert.Equal((2, 0x0297f842u), (flag, BitConverter.ToUInt32(patched, at - 4)));
    }

    [Fact]
    public void README_sample_project_runs_with_single_libtorch()
    {
        const string Import = "LoadOnOlderLibstdcxx.targets";
        var section = File.ReadAllText($"{TestProcess.RepositoryRoot}/README.md").Split("## In your own project")[1];
        var folder = TestProcess.CreateTempFolder();
        File.WriteAllText($"{folder}/own.csproj", section.Split("```xml\n")[1].Split("```")[0]);
        File.WriteAllText($"{folder}/Program.cs", section.Split("```cs\n")[1].Split("```")[0]);
        File.WriteAllText($"{folder}/Directory.Build.targets", FewerPackages);
        File.Copy($"{TestProcess.RepositoryRoot}/src/TorchPort/build/{Import}", $"{folder}/{Import}");

        string[] run = ["run", "--project", folder, "-p:CreateHardLinksForCopyLocalIfPossible=true"];
        Assert.Equal(new ProcessResult(0, "W is 0\n", ""), TestProcess.Run(TestProcess.DotNet, run));
        var libraries = Directory.GetFiles(folder, "*torch_cpu.*", SearchOption.AllDirectories);
        Assert.Equal(["libtorch_cpu.so"], libraries.Select(Path.GetFileName));
    }
}
