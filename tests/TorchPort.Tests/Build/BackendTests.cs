using System.Runtime.InteropServices;

namespace TorchPort.Tests;

/// <summary>What a build asks for, and what it refuses: the project evaluated once for each row, in one MSBuild.</summary>
public class BackendTests
{
    private static readonly bool s_isLinuxX64 =
        OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64;
    private static readonly string s_other = s_isLinuxX64 ? "win-x64" : "linux-x64";
    private static readonly Lazy<Dictionary<string, string>> s_outputs = new(EvaluateAll);

    // The properties that a command line gives, and what the build says: its properties, or the one error that it ends in.
    public static TheoryData<string, string> Rows { get; } = new()
    {
        { "RuntimeIdentifier=linux-arm64", "TorchSharp has no libtorch for linux-arm64. It has one for" },
        { "RuntimeIdentifier=linux-musl-x64", "no libtorch for linux-musl-x64. It has one for" },
        { "RuntimeIdentifier=linux", $"no libtorch for linux. {(s_isLinuxX64 ? "Use -r linux-x64" : "It has one for")}" },
        { "RuntimeIdentifier=win-x86", "Use -r win-x64" },
        { "RuntimeIdentifier=osx-x64", "Use -r osx-arm64" },
        { "RuntimeIdentifier=win-x64;TorchBackend=cuda", "linux-x64 only, not for win-x64" },
        { "TorchBackend=gpu", "takes cpu, cuda or external" },
        { "IncludeNativeLibrariesForSelfExtract=true", "leave out IncludeNativeLibrariesForSelfExtract" },
        { "IncludeAllContentForSelfExtract=true", "and IncludeAllContentForSelfExtract" },

        // dotnet run hands over its option --device as this property. An environment variable of that name does not count.
        { "Device=cpu", "backend cpu, arguments '--device cpu'" },
        { "Device=cuda:1", "backend cuda, arguments '--device cuda:1'" },
        { "Device=cuda;TorchBackend=cpu", "backend cpu, arguments '--device cuda'" },
        { "CI=false", "backend cpu, arguments '', warnings are errors: false, audit false, configuration Release" },
        { "CI=0", "invariant true, hard links true, System.GC.ConserveMemory 9;System.GC.Gen0MaxBudget 1048576" },
        { "TorchBackend=CPU", "backend cpu, arguments" },
        { "TorchBackend=CPU;CI=0", $"backend in the program: cpu;{Backend.LibTorchVersion}" },
        { "RuntimeIdentifier=osx-arm64", "pruned: libtorch-cpu-linux-x64;libtorch-cpu-win-x64," },
        { "CI=true", "warnings are errors: true" },
        { "RuntimeIdentifier=win-arm64", ";libtorch-cpu-win-arm64" },
        // A publish is native where it can be.
        { "_IsPublishing=true;SelfContained=false", "native ''" },
        { "_IsPublishing=true;PublishSingleFile=true", "native ''" },
        { $"_IsPublishing=true;RuntimeIdentifier={s_other}", "native '', self-contained true" },
        { "_IsPublishing=true", "native 'true'" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Properties_configure_the_build_or_give_one_error(string properties, string expected)
    {
        Assert.Contains(expected, s_outputs.Value[properties], StringComparison.Ordinal);
        Assert.DoesNotContain('\n', s_outputs.Value[properties]);
    }

    private static Dictionary<string, string> EvaluateAll()
    {
        string[] given = [.. Rows.Select(row => row.Data.Item1)];
        var rows = given.Select(row => $"""<Row Include="{row.Replace(";", "%3B", StringComparison.Ordinal)}" />""");
        var project = $"{TestProcess.CreateTempFolder()}/ask.proj";
        File.WriteAllText(project, $"""
            <Project>
              <ItemGroup>{string.Concat(rows)}</ItemGroup>
              <Target Name="Ask" Inputs="%(Row.Identity)" Outputs="none">
                <MSBuild Projects="{TestProcess.RepositoryRoot}/src/TorchPort/TorchPort.csproj" Targets="PrintProperties" ContinueOnError="true"
                         Properties="CustomAfterMicrosoftCommonTargets={project};$([MSBuild]::Unescape('%(Row.Identity)'))" />
                <Message Importance="high" Text="[row]" />
              </Target>
              <Target Name="PrintProperties" DependsOnTargets="CheckTorchBackend">
                <PropertyGroup>
                  <Summary>$(InformationalVersion), arguments '$(StartArguments)'</Summary>
                  <Summary>$(Summary), warnings are errors: $(TreatWarningsAsErrors), audit $(NuGetAudit)</Summary>
                  <Summary>$(Summary), configuration $(Configuration), native '$(PublishAot)', self-contained $(SelfContained)</Summary>
                  <Summary>$(Summary), invariant $(InvariantGlobalization), hard links $(CreateHardLinksForCopyLocalIfPossible)</Summary>
                  <Summary>$(Summary), @(RuntimeHostConfigurationOption->'%(Identity) %(Value)')</Summary>
                  <Summary>$(Summary), pruned: @(OtherPlatformPackage), backend in the program: @(AssemblyMetadata->'%(Value)')</Summary>
                </PropertyGroup>
                <Message Importance="high" Text="$(Summary);@(PackageReference)" />
              </Target>
            </Project>
            """);

        string[] options = ["-t:Ask", "-nologo", "-tl:off", "-clp:NoSummary", "-v:m"];
        var told = TestProcess.Run(TestProcess.DotNet, ["build", project, .. options], ("DEVICE", "cuda:7"), ("CI", "")).Stdout;
        return given.Zip(told.Split("[row]")).ToDictionary(row => row.First, row => row.Second.Trim());
    }
}
