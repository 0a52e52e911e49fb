using System.Runtime.InteropServices;

namespace TorchPort.Tests;

/// <summary>The build's properties and errors. One MSBuild process evaluates the project once per row.</summary>
public class BackendTests
{
    private static readonly bool s_isLinuxX64 =
        OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64;
    private static readonly string s_other = s_isLinuxX64 ? "win-x64" : "linux-x64";
    private static readonly Lazy<Dictionary<string, string>> s_outputs = new(EvaluateAll);

    // The properties on the command line, and the expected output: the resulting properties or a single error.
    public static TheoryData<string, string> Rows { get; } = new()
    {
        { "RuntimeIdentifier=linux-arm64", "TorchSharp has no libtorch for linux-arm64. It supports" },
        { "RuntimeIdentifier=linux-musl-x64", "no libtorch for linux-musl-x64. It supports" },
        { "RuntimeIdentifier=linux", $"no libtorch for linux. {(s_isLinuxX64 ? "Use -r linux-x64" : "It supports")}" },
        { "RuntimeIdentifier=win-x86", "Use -r win-x64" },
        { "RuntimeIdentifier=osx-x64", "Use -r osx-arm64" },
        { "RuntimeIdentifier=win-x64;TorchBackend=cuda", "supports only linux-x64, not win-x64" },
        { "TorchBackend=gpu", "must be cpu, cuda or external, not 'gpu'" },
        { "IncludeNativeLibrariesForSelfExtract=true", "Remove IncludeNativeLibrariesForSelfExtract" },
        { "IncludeAllContentForSelfExtract=true", "and IncludeAllContentForSelfExtract" },

        // dotnet run passes its option --device as this property. An environment variable of that name is ignored.
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
        // A publish is native unless its options or platform rule it out.
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
        string[] inputs = [.. Rows.Select(row => row.Data.Item1)];
        var rows = inputs.Select(row => $"""<Row Include="{row.Replace(";", "%3B", StringComparison.Ordinal)}" />""");
        string[] summary =
        [
            "$(InformationalVersion), arguments '$(StartArguments)', warnings are errors: $(TreatWarningsAsErrors)",
            "audit $(NuGetAudit), configuration $(Configuration), native '$(PublishAot)', self-contained $(SelfContained)",
            "invariant $(InvariantGlobalization), hard links $(CreateHardLinksForCopyLocalIfPossible)",
            "@(RuntimeHostConfigurationOption->'%(Identity) %(Value)'), pruned: @(OtherPlatformPackage)",
            "backend in the program: @(AssemblyMetadata->'%(Value)');@(PackageReference)",
        ];
        var port = $"{TestProcess.RepositoryRoot}/src/TorchPort/TorchPort.csproj";
        var project = $"{TestProcess.CreateTempFolder()}/evaluate.proj";
        File.WriteAllText(project, $"""
            <Project>
              <ItemGroup>{string.Concat(rows)}</ItemGroup>
              <Target Name="EvaluateAll" Inputs="%(Row.Identity)" Outputs="none">
                <MSBuild Projects="{port}" Targets="PrintProperties" ContinueOnError="true"
                         Properties="CustomAfterMicrosoftCommonTargets={project};$([MSBuild]::Unescape('%(Row.Identity)'))" />
                <Message Importance="high" Text="[row]" />
              </Target>
              <Target Name="PrintProperties" DependsOnTargets="CheckTorchBackend">
                <Message Importance="high" Text="{string.Join(", ", summary)}" />
              </Target>
            </Project>
            """);

        string[] options = ["-t:EvaluateAll", "-nologo", "-tl:off", "-clp:NoSummary", "-v:m"];
        var outcome = TestProcess.Run(TestProcess.DotNet, ["build", project, .. options], ("DEVICE", "cuda:7"), ("CI", ""));
        var outputs = outcome.Stdout.Split("[row]").Select(output => output.Trim());
        return inputs.Zip(outputs).ToDictionary();
    }
}
