namespace TorchPort.Tests;

/// <summary>The project of a reader's own that the README shows.</summary>
public class OwnProjectTests
{
    // Of its packages those stay out that are for other systems, or that some registries lack.
    private const string FewerPackages = """
        <Project>
          <ItemGroup>
            <PrunePackageReference Include="libtorch-cpu-win-x64;libtorch-cpu-osx-arm64;SkiaSharp" Version="9.0.0" />
            <PackageReference Include="SharpZipLib" Version="1.4.2" />
          </ItemGroup>
        </Project>
        """;

    [Fact]
    public void It_runs_with_one_libtorch_in_its_output()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the import is for Linux");
        var section = File.ReadAllText($"{Start.Repository}/README.md").Split("## In your own project")[1];
        var folder = Directory.CreateTempSubdirectory().FullName;
        File.WriteAllText($"{folder}/own.csproj", section.Split("```xml\n")[1].Split("```")[0]);
        File.WriteAllText($"{folder}/Program.cs", section.Split("```cs\n")[1].Split("```")[0]);
        File.WriteAllText($"{folder}/Directory.Build.targets", FewerPackages);
        const string Import = "LoadOnOlderLibstdcxx.targets";
        File.Copy($"{Start.Repository}/src/TorchPort/build/{Import}", $"{folder}/{Import}");

        var outcome = Start.Program("dotnet", ["run", "--project", folder, "-p:CreateHardLinksForCopyLocalIfPossible=true"]);
        var libraries = Directory.GetFiles(folder, "*torch_cpu.*", SearchOption.AllDirectories).Select(Path.GetFileName);
        Directory.Delete(folder, recursive: true);

        Assert.Equal(new Outcome(0, "W is 0\n", ""), outcome);
        Assert.Equal(["libtorch_cpu.so"], libraries);
    }
}
